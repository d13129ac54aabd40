import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { localProblem, ProblemError } from "@/api/problem";
import type { StreamCompletion } from "@/stream";
import { createContest } from "./contest";

type Listener = Parameters<StreamCompletion>[1];
interface Call {
  listener: Listener;
  signal: AbortSignal;
  end: (finish: string, output?: number) => void;
  fail: (error: unknown) => void;
}

let clock = 0;
let calls: Record<string, Call>;
const stream: StreamCompletion = (request, listener, signal) =>
  new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    calls[request.model] = { listener, signal, end: (finish, output = 0) => resolve({ finish, usage: { input: 10, output, cached: 0, reasoning: 0 } }), fail: reject };
  });
const make = () => createContest({ stream, clock: () => clock, now: () => 1000 + clock });
const question = { messages: [{ role: "user" as const, content: "?" }] };
const settle = () => vi.advanceTimersByTimeAsync(50);

beforeEach(() => {
  vi.useFakeTimers();
  clock = 0;
  calls = {};
});
afterEach(() => vi.useRealTimers());

test("each model has its own times, and text arrives whole", async () => {
  const contest = make();
  contest.start(question, ["a", "b"]);
  expect(contest.lane("a").state).toBe("waiting");
  clock = 120;
  calls["a"]?.listener.onText("one ");
  clock = 300;
  calls["b"]?.listener.onReasoning("hm");
  calls["a"]?.listener.onText("two");
  clock = 500;
  calls["a"]?.end("stop", 20);
  await settle();
  expect(contest.lane("a")).toMatchObject({ state: "done", text: "one two", firstMs: 120, totalMs: 500, finish: "stop", usage: { output: 20 } });
  expect(contest.lane("b")).toMatchObject({ state: "writing", reasoning: "hm", text: "", firstMs: 300 });
  expect(contest.running()).toBe(true);
});

test("stopping ends the calls and keeps what was written", async () => {
  const contest = make();
  contest.start(question, ["a", "b"]);
  calls["a"]?.listener.onText("half");
  contest.stop();
  await settle();
  expect(calls["a"]?.signal.aborted && calls["b"]?.signal.aborted).toBe(true);
  expect(contest.lane("a")).toMatchObject({ state: "stopped", text: "half" });
  expect(contest.running()).toBe(false);
});

test("one fails, the other goes on", async () => {
  const contest = make();
  contest.start(question, ["a", "b"]);
  calls["a"]?.listener.onRequestId("req-1");
  calls["a"]?.fail(new ProblemError(localProblem("stream.cut")));
  await settle();
  expect(contest.lane("a")).toMatchObject({ state: "failed", requestId: "req-1", problem: { code: "stream.cut" } });
  expect(contest.lane("b").state).toBe("waiting");
});

test("asked again, what an older answer still says is not shown", async () => {
  const contest = make();
  contest.start(question, ["a"]);
  const old = calls["a"];
  old?.listener.onText("old");
  contest.again(question, "a");
  old?.listener.onText(" late");
  calls["a"]?.listener.onText("new");
  await settle();
  expect(old?.signal.aborted).toBe(true);
  expect(contest.lane("a").text).toBe("new");
  expect(contest.lane("a").state).toBe("writing");
});

test("a model that is no longer asked is forgotten", async () => {
  const contest = make();
  contest.start(question, ["a", "b"]);
  contest.start(question, ["b"]);
  await settle();
  expect(contest.models()).toEqual(["b"]);
  expect(contest.lane("a").state).toBe("idle");
});

test("two hundred tokens in a second are about thirty changes", async () => {
  const contest = make();
  contest.start(question, ["a"]);
  let changes = 0;
  contest.subscribe(() => changes++);
  for (let i = 0; i < 200; i++) {
    calls["a"]?.listener.onText("x");
    await vi.advanceTimersByTimeAsync(5);
  }
  await settle();
  expect(contest.lane("a").text).toHaveLength(200);
  expect(changes).toBeLessThan(40);
});
