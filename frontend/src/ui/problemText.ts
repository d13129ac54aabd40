import { translateWire } from "@/i18n";

/** What the views need of a problem document (RFC 9457). */
export interface ProblemLike {
  code: string;
  key?: string;
  detail: string;
  hint?: string;
  hint_key?: string;
  id?: string;
  retry_after?: number;
}

/** The message in the user's language, or the host's English where this build has no words for it. */
export function problemMessage(problem: ProblemLike): string {
  return translateWire(problem.key) ?? translateWire(`fault.${problem.code}`) ?? problem.detail;
}

export function problemHint(problem: ProblemLike): string | undefined {
  return translateWire(problem.hint_key) ?? problem.hint ?? translateWire(`hint.${problem.code}`);
}
