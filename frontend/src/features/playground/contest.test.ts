import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TrialResult } from "@/api";
import { localProblem, ProblemError } from "@/api/problem";
import type { StreamTrial } from "@/stream";
import { createContest } from "./contest";

type Listener = Parameters<StreamTrial>[1];
type Finish = NonNullable<TrialResult["finish"]>;
interface Call {
  listener: Listener;
  signal: AbortSignal;
  end: (finish: Finish, output?: number) => void;
  fail: (error: unknown) => void;
}

let clock = 0;
let calls: Record<string, Call>;
const stream: StreamTrial = (trial, listener, signal) =>
  new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    const end = (finish: Finish, output = 0) => {
      listener.onOutcome({ call_id: "c", finish, latency_ms: 1, input_tokens: 10, output_tokens: output, cost_nano_usd: 0, attempts: 1 });
      resolve();
    };
    calls[trial.model] = { listener, signal, end, fail: reject };
  });
const make = () => createContest({ stream, clock: () => clock, now: () => 1000 + clock });
const question = { messages: [{ role: "user" as const, text: "?" }] };
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
  expect(contest.lane("a")).toMatchObject({ state: "done", text: "one two", firstMs: 120, totalMs: 500, outcome: { finish: "stop", output_tokens: 20 } });
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
