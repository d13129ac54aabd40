import { currentLocale, translateWire } from "@/i18n";
import { boundHint, boundMessage, type BoundLike } from "./boundText";

/** What the views need of a problem document (RFC 9457). */
export interface ProblemLike {
  code: string;
  key?: string;
  detail: string;
  hint?: string;
  hint_key?: string;
  id?: string;
  retry_after?: number;
  bound?: BoundLike;
}

/** The message in the user's language, or the host's English where this build has no words for it. */
export function problemMessage(problem: ProblemLike): string {
  return (problem.bound && boundMessage(problem.bound)) ?? translateWire(problem.key) ?? translateWire(`fault.${problem.code}`) ?? problem.detail;
}

/** The host's own words, where they say more than those of its code. They are English in every language. */
export function problemDetail({ code, detail }: { code: string; detail?: string }): string | undefined {
  const plain = (text: string | undefined) => text?.replaceAll("’", "'").trim();
  return detail && plain(detail) !== plain(translateWire(`fault.${code}`, { lng: "en" })) ? detail : undefined;
}

export function problemHint(problem: ProblemLike): string | undefined {
  if (problem.bound && boundMessage(problem.bound)) return boundHint(problem.bound);
  // In another language, words that are understood go before the host's English, which may say more.
  const english = currentLocale() === "en" ? problem.hint : undefined;
  return translateWire(problem.hint_key) ?? english ?? translateWire(`hint.${problem.code}`) ?? problem.hint;
}
