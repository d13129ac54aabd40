import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { settingsQuery } from "@/api";
import { chosenLocale, pickLocale } from "../locale";
import { chooseTheme, chosenTheme } from "../theme";

/** The device's settings decide over what this page remembered. */
export function useSettingsApplied(): void {
  const settings = useQuery(settingsQuery());
  const theme = settings.data?.theme;
  const locale = settings.data?.locale;
  useEffect(() => {
    if (theme && theme !== chosenTheme()) chooseTheme(theme);
  }, [theme]);
  useEffect(() => {
    if (locale && locale !== chosenLocale()) void pickLocale(locale);
  }, [locale]);
}
