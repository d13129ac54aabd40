import { useState } from "react";
import { useT } from "@/i18n";
import { chosenLocale, pickLocale, type LocaleChoice } from "./locale";
import { chooseTheme, chosenTheme, themes, type Theme } from "./theme";

const localeChoices: readonly LocaleChoice[] = ["system", "en", "pt-PT", "pt-BR"];

/** Theme and language of this browser, with their choices in words. */
export function useAppearance() {
  const t = useT();
  const [theme, setThemeState] = useState<Theme>(chosenTheme);
  const [locale, setLocaleState] = useState<LocaleChoice>(chosenLocale);
  return {
    theme,
    setTheme(next: Theme) {
      setThemeState(next);
      chooseTheme(next);
    },
    themeOptions: themes.map((value) => ({ value, label: t(`app.theme.${value}`) })),
    locale,
    setLocale(next: LocaleChoice) {
      setLocaleState(next);
      void pickLocale(next);
    },
    localeOptions: localeChoices.map((value) => ({ value, label: t(`app.language.${value}`) })),
  };
}
