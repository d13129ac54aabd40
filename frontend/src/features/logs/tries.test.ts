import { expect, test } from "vitest";
import type { LogAttempt, LogDetail } from "@/api";
import { spansOf } from "./tries";

const attempt = (n: number, startMs: number, latency: number, more: Partial<LogAttempt> = {}): LogAttempt => ({
  n, deployment_id: `d-${n}`, deployment: `D${n}`, model: "m", started_at: new Date(1_767_348_000_000 + startMs).toISOString(), latency_ms: latency, input_tokens: 0, output_tokens: 0, cost_nano_usd: 0, ...more,
});
const detail = (tries: LogAttempt[], latency: number): LogDetail => ({
  id: "c", at: new Date(1_767_348_000_000).toISOString(), surface: "v1", operation: "chat", model: "m", deployment: "D", streamed: true, state: "ok", input_tokens: 0, output_tokens: 0, latency_ms: latency, cost_nano_usd: 0, attempts: tries.length, request_id: "r", tries, contents: "not_kept",
});

test("tries lie one after the other on the call's time line", () => {
  const { spans, totalMs } = spansOf(detail([attempt(1, 0, 400, { error_code: "timeout" }), attempt(2, 500, 500, { first_token_ms: 250 })], 1000));
  expect(totalMs).toBe(1000);
  expect(spans.map(({ begin, first, end }) => [begin, first, end])).toEqual([[0, undefined, 0.4], [0.5, 0.75, 1]]);
});

test("a hedge that ends after the answer does not leave the line", () => {
  const { spans, totalMs } = spansOf(detail([attempt(1, 0, 900), attempt(2, 500, 700)], 900));
  expect(totalMs).toBe(1200);
  expect(spans.every((span) => span.begin >= 0 && span.end <= 1 && span.begin <= span.end)).toBe(true);
});

test("a clock that is behind makes no negative place", () => {
  const { spans } = spansOf(detail([attempt(1, -50, 100)], 100));
  expect(spans[0]).toMatchObject({ begin: 0, offsetMs: 0 });
  expect(spansOf(detail([], 0)).spans).toEqual([]);
});
