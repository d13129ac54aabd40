import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configureApi, cookieAuth } from "@/api";
import { streamTrial } from "./trial";

const trial = { model: "m", messages: [{ role: "user" as const, text: "hi" }] };
const outcome = { call_id: "c-1", latency_ms: 9, input_tokens: 1, output_tokens: 1, cost_nano_usd: 5, attempts: 1 };
const good = `data: {"type":"text","text":"Hello","elapsed_ms":1}\n\ndata: ${JSON.stringify({ type: "done", outcome, elapsed_ms: 2 })}\n\n`;
const answer = (body: string, status = 200) => new Response(body, { status, headers: { "X-Request-Id": "req-9" } });
let heard: { text: string; id: string; outcome?: unknown };
const listener = { onText: (d: string) => (heard.text += d), onReasoning: () => undefined, onRequestId: (id: string) => (heard.id = id), onOutcome: (o: unknown) => (heard.outcome = o) };

beforeEach(() => (heard = { text: "", id: "" }));
afterEach(() => vi.unstubAllGlobals());

function host(...answers: (() => Promise<Response>)[]) {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return (answers[Math.min(asked.length, answers.length) - 1] ?? (() => Promise.reject(new Error("no answer"))))();
  });
  return asked;
}

test("asks the playground as the signed-in person and gives the text on", async () => {
  const asked = host(async () => answer(good));
  await streamTrial(trial, listener, new AbortController().signal);
  expect(heard).toEqual({ text: "Hello", id: "req-9", outcome });
  expect(new URL(asked[0]?.url ?? "").pathname).toBe("/api/playground");
  expect(JSON.parse(String(asked[0]?.init.body))).toEqual(trial);
});

test("an expired session is renewed once and the question asked again", async () => {
  const refresh = vi.fn(async () => true);
  configureApi({ auth: cookieAuth(refresh) });
  const asked = host(async () => answer("{}", 401), async () => answer(good));
  await streamTrial(trial, listener, new AbortController().signal);
  expect(refresh).toHaveBeenCalledOnce();
  expect(asked).toHaveLength(2);
});

test("a refusal has its code, what bound the person, and the id to quote", async () => {
  const bound = { kind: "budget", holder: "user", amount: 5e9, period: "month" };
  host(async () => answer(JSON.stringify({ code: "quota.spent", status: 402, detail: "The monthly budget is spent.", bound }), 402));
  await expect(streamTrial(trial, listener, new AbortController().signal)).rejects.toMatchObject({ problem: { code: "quota.spent", bound, id: "req-9" } });
});

test("a host that cannot be reached is said to be that", async () => {
  host(() => Promise.reject(new TypeError("failed")));
  await expect(streamTrial(trial, listener, new AbortController().signal)).rejects.toMatchObject({ problem: { code: "network" } });
});

test("stopping ends the request itself", async () => {
  const end = new AbortController();
  const asked = host(() => new Promise((_, reject) => queueMicrotask(() => { end.abort(new DOMException("stopped", "AbortError")); reject(new DOMException("x", "AbortError")); })));
  await expect(streamTrial(trial, listener, end.signal)).rejects.toMatchObject({ name: "AbortError", message: "stopped" });
  expect(asked[0]?.init.signal?.aborted).toBe(true);
});

test("a stream that is silent for too long is given up", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    const body = new ReadableStream({ start: (controller) => init.signal?.addEventListener("abort", () => controller.error(new DOMException("cut", "AbortError"))) });
    return new Response(body);
  });
  const over = streamTrial(trial, listener, new AbortController().signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(331_000);
  expect(await over).toMatchObject({ problem: { code: "timeout" } });
  vi.useRealTimers();
});
