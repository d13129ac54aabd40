import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configureApi, cookieAuth } from "@/api";
import { streamCompletion } from "./completion";

const request = { model: "m", messages: [{ role: "user" as const, content: "hi" }] };
const good = 'data: {"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const answer = (body: string, status = 200) => new Response(body, { status, headers: { "X-Request-Id": "req-9" } });
let heard: { text: string; id: string };
const listener = { onText: (d: string) => (heard.text += d), onReasoning: () => undefined, onRequestId: (id: string) => (heard.id = id) };

beforeEach(() => (heard = { text: "", id: "" }));
afterEach(() => vi.unstubAllGlobals());

function host(...answers: (() => Promise<Response>)[]) {
  const asked: RequestInit[] = [];
  vi.stubGlobal("fetch", (_url: string, init: RequestInit) => {
    asked.push(init);
    return (answers[Math.min(asked.length, answers.length) - 1] ?? (() => Promise.reject(new Error("no answer"))))();
  });
  return asked;
}

test("asks for a stream with usage and gives the text on", async () => {
  const asked = host(async () => answer(good));
  expect(await streamCompletion(request, listener, new AbortController().signal)).toEqual({ finish: "stop" });
  expect(heard).toEqual({ text: "Hello", id: "req-9" });
  expect(JSON.parse(String(asked[0]?.body))).toMatchObject({ model: "m", stream: true, stream_options: { include_usage: true } });
});

test("an expired session is renewed once and the question asked again", async () => {
  const refresh = vi.fn(async () => true);
  configureApi({ auth: cookieAuth(refresh) });
  const asked = host(async () => answer("{}", 401), async () => answer(good));
  await streamCompletion(request, listener, new AbortController().signal);
  expect(refresh).toHaveBeenCalledOnce();
  expect(asked).toHaveLength(2);
});

test("a refusal has its code, its message and the id to quote", async () => {
  host(async () => answer(JSON.stringify({ error: { message: "The monthly budget is spent.", code: "insufficient_quota" } }), 402));
  await expect(streamCompletion(request, listener, new AbortController().signal)).rejects.toMatchObject({ problem: { code: "quota.spent", detail: "The monthly budget is spent.", id: "req-9" } });
});

test("a host that cannot be reached is said to be that", async () => {
  host(() => Promise.reject(new TypeError("failed")));
  await expect(streamCompletion(request, listener, new AbortController().signal)).rejects.toMatchObject({ problem: { code: "network" } });
});

test("stopping ends the request itself", async () => {
  const end = new AbortController();
  const asked = host(() => new Promise((_, reject) => queueMicrotask(() => { end.abort(new DOMException("stopped", "AbortError")); reject(new DOMException("x", "AbortError")); })));
  await expect(streamCompletion(request, listener, end.signal)).rejects.toMatchObject({ name: "AbortError", message: "stopped" });
  expect(asked[0]?.signal?.aborted).toBe(true);
});

test("a stream that is silent for too long is given up", async () => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    const body = new ReadableStream({ start: (controller) => init.signal?.addEventListener("abort", () => controller.error(new DOMException("cut", "AbortError"))) });
    return new Response(body);
  });
  const outcome = streamCompletion(request, listener, new AbortController().signal).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(331_000);
  expect(await outcome).toMatchObject({ problem: { code: "timeout" } });
  vi.useRealTimers();
});
