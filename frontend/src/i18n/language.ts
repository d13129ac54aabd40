import i18next, { type TFunction } from "i18next";
import { useSyncExternalStore } from "react";

const subscribe = (changed: () => void) => {
  i18next.on("languageChanged", changed);
  return () => i18next.off("languageChanged", changed);
};
const latest = () => i18next.language;

/** The tag of the language in use. */
export const useLocale = (): string => useSyncExternalStore(subscribe, latest);

let words: { locale: string; t: TFunction } | undefined;

// Every component asks for it, so all share one function: i18next's own hook
// prepares one for each component, which the first frame feels.
function latestT(): TFunction {
  if (words?.locale !== i18next.language || !words) words = { locale: i18next.language, t: i18next.getFixedT(i18next.language, "app") };
  return words.t;
}

/** Translation into the language in use; another function once that changes. */
export const useT = (): TFunction => useSyncExternalStore(subscribe, latestT);
