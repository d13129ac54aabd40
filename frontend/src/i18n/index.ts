// The three languages. English is in the bundle, the others come when chosen.
import i18next, { t as translate, type TFunction } from "i18next";
import { en } from "./en";

export const locales = ["en", "pt-PT", "pt-BR"] as const;
export type Locale = (typeof locales)[number];
export type T = TFunction;
export { currentFormat, useFormat, type Format } from "./format";
export { useT } from "./language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "app";
    resources: { app: typeof en };
    returnNull: false;
  }
}

const loaders: Record<Exclude<Locale, "en">, () => Promise<object>> = {
  "pt-PT": () => import("./pt-PT").then((m) => m.ptPT),
  "pt-BR": () => import("./pt-BR").then((m) => m.ptBR),
};

/** The language of ours that is nearest to what the system prefers. */
export function nearest(preferred: readonly string[]): Locale {
  for (const tag of preferred) {
    const lower = tag.toLowerCase();
    const exact = locales.find((l) => l.toLowerCase() === lower);
    if (exact) return exact;
    if (lower === "pt" || lower.startsWith("pt-br")) return "pt-BR";
    if (lower.startsWith("pt")) return "pt-PT";
    if (lower.startsWith("en")) return "en";
  }
  return "en";
}

/** Prepares translation; resolves when English can be shown. */
export async function startI18n(locale: Locale): Promise<void> {
  await i18next.init({
    lng: "en",
    fallbackLng: "en",
    defaultNS: "app",
    ns: ["app"],
    resources: { en: { app: en } },
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  await chooseLocale(locale);
}

/** Switches the language, fetching its words first. */
export async function chooseLocale(locale: Locale): Promise<void> {
  if (locale !== "en" && !i18next.hasResourceBundle(locale, "app")) {
    i18next.addResourceBundle(locale, "app", withMany(await loaders[locale]()));
  }
  await i18next.changeLanguage(locale);
  document.documentElement.lang = locale;
}

export function currentLocale(): Locale {
  return locales.find((l) => l === i18next.language) ?? "en";
}

/** Translation outside components (toasts from handlers). */
export { translate };

/**
 * Translates a key that came over the wire ("fault.not_found"), or returns
 * undefined when this build has no words for it.
 */
export function translateWire(key: string | undefined, values: Record<string, unknown> = {}): string | undefined {
  if (!key || !i18next.exists(key, values)) return undefined;
  return String(i18next.t(key as never, values as never));
}

// CLDR's Portuguese has a "many" form for round millions written in words
// ("1 milhão de …"). We always write digits, where it reads like "other".
function withMany(words: object): object {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(words)) {
    out[key] = typeof value === "object" && value !== null ? withMany(value as object) : value;
    if (key.endsWith("_other")) out[`${key.slice(0, -"_other".length)}_many`] = value;
  }
  return out;
}
