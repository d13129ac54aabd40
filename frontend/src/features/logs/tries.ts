import type { LogAttempt, LogDetail } from "@/api";

/** Where a try lies on the time line of its call, in shares of its whole length. */
export interface Span {
  attempt: LogAttempt;
  /** 0 to 1. */
  begin: number;
  /** When content came; undefined when none did. */
  first: number | undefined;
  end: number;
  /** ms from the call's beginning. */
  offsetMs: number;
}

/** The tries of a call on one time line. A try in hand has no end yet and reaches to the edge. */
export function spansOf(detail: LogDetail): { spans: Span[]; totalMs: number } {
  const started = Math.min(Date.parse(detail.at), ...detail.tries.map((attempt) => Date.parse(attempt.started_at)));
  const offset = (attempt: LogAttempt) => Math.max(0, Date.parse(attempt.started_at) - started);
  const totalMs = Math.max(1, detail.latency_ms, ...detail.tries.map((attempt) => offset(attempt) + attempt.latency_ms));
  const share = (ms: number) => Math.min(1, Math.max(0, ms / totalMs));
  const spans = detail.tries.map((attempt) => {
    const from = offset(attempt);
    const until = from + attempt.latency_ms;
    return { attempt, begin: share(from), first: attempt.first_token_ms === undefined || attempt.first_token_ms === 0 ? undefined : share(from + attempt.first_token_ms), end: share(until), offsetMs: from };
  });
  return { spans, totalMs };
}
