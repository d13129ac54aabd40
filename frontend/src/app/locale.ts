import { chooseLocale, locales, nearest, type Locale } from "@/i18n";
import { remember, remembered } from "@/ui";

export type LocaleChoice = "system" | Locale;
const key = "nexus.locale";

/** The language of the last visit, or the system's. */
export function startLocale(): Locale {
  const known = remembered(key);
  return locales.find((l) => l === known) ?? nearest(navigator.languages);
}

export function chosenLocale(): LocaleChoice {
  const known = remembered(key);
  return locales.find((l) => l === known) ?? "system";
}

export async function pickLocale(choice: LocaleChoice): Promise<void> {
  remember(key, choice === "system" ? "" : choice);
  await chooseLocale(choice === "system" ? nearest(navigator.languages) : choice);
}
