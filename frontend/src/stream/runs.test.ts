import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message, Run, RunEvent } from "@/api";
import { createRuns, type LiveRun } from "./runs";

const run = (over: Partial<Run> = {}): Run => ({ id: "r", conversation_id: "c", message_id: "q", answer_id: "a", model: "m", state: "running", text: "", seq: 0, started_at: "", ...over });
const event = (seq: number, text = "", over: Partial<RunEvent> = {}): RunEvent => ({ run_id: "r", conversation_id: "c", answer_id: "a", seq, text, state: "running", ...over });
const message = { id: "a", conversation_id: "c", role: "assistant", text: "done", state: "sent", created_at: "" } as Message;

function world(snapshot: () => Run = () => run()) {
  const ended: [LiveRun, Message | undefined][] = [];
  const fetchRun = vi.fn(async () => snapshot());
  const runs = createRuns({ fetchRun, onEnd: (r, m) => ended.push([r, m]) });
  return { runs, ended, fetchRun, text: () => runs.forConversation("c")?.text };
}
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("text is collected and handed over in order; the end brings the message", () => {
  const { runs, ended, text } = world();
  runs.adopt(run());
  for (let i = 1; i <= 10; i++) runs.event(event(i, `${i},`));
  expect(text()).toBe("");
  vi.advanceTimersByTime(40);
  expect(text()).toBe("1,2,3,4,5,6,7,8,9,10,");
  expect(runs.active()).toEqual(["c"]);
  runs.event(event(11, "x", { state: "done", message }));
  expect(ended.map(([r, m]) => [r.text, m?.id])).toEqual([["1,2,3,4,5,6,7,8,9,10,x", "a"]]);
  expect(runs.forConversation("c")).toBeUndefined();
  expect(runs.active()).toEqual([]);
});

test("an event that was seen changes nothing", () => {
  const { runs, text } = world();
  runs.adopt(run({ seq: 3, text: "abc" }));
  runs.event(event(2, "b"));
  runs.event(event(3, "c"));
  vi.advanceTimersByTime(40);
  expect(text()).toBe("abc");
});

test("a gap fetches the run, and what came meanwhile is not lost", async () => {
  const { runs, text, fetchRun } = world(() => run({ seq: 5, text: "abcde" }));
  runs.adopt(run({ seq: 1, text: "a" }));
  runs.event(event(4, "d"));
  runs.event(event(6, "f"));
  runs.event(event(7, "g"));
  await vi.advanceTimersByTimeAsync(50);
  expect(text()).toBe("abcdefg");
  expect(fetchRun).toHaveBeenCalledTimes(1);
});

test("a run of another device is fetched when it is first heard of", async () => {
  const { runs, text } = world(() => run({ seq: 2, text: "ab" }));
  runs.event(event(2, "b"));
  await vi.advanceTimersByTimeAsync(50);
  expect(text()).toBe("ab");
});

test("after the stream was cut, what is not over is asked for again", async () => {
  const { runs, ended } = world(() => run({ seq: 9, text: "all of it", state: "done" }));
  runs.adopt(run({ seq: 2, text: "al" }));
  runs.resync();
  await vi.advanceTimersByTimeAsync(50);
  expect(ended.map(([r]) => r.text)).toEqual(["all of it"]);
  expect(runs.active()).toEqual([]);
});

test("an older answer to a request does not take text back", () => {
  const { runs, text } = world();
  runs.adopt(run({ seq: 5, text: "abcde" }));
  runs.adopt(run({ seq: 2, text: "ab" }));
  expect(text()).toBe("abcde");
});

test("a run that went back into the queue and begins again starts with an empty text", () => {
  const { runs, text } = world();
  runs.adopt(run({ seq: 3, text: "abc" }));
  runs.adopt(run({ seq: 0, text: "", state: "waiting" }));
  expect(runs.active()).toEqual([]);
  runs.event(event(1, ""));
  runs.event(event(2, "new"));
  vi.advanceTimersByTime(40);
  expect(text()).toBe("new");

  runs.event(event(1, ""));
  runs.event(event(2, "once more"));
  vi.advanceTimersByTime(40);
  expect(text()).toBe("once more");
});

test("a failure stays until it is dismissed", () => {
  const { runs, ended } = world();
  runs.adopt(run());
  runs.event(event(1, "", { state: "failed", problem: { code: "upstream.failed", detail: "", status: 502, type: "", title: "", key: "" } }));
  expect(ended).toHaveLength(1);
  expect(runs.forConversation("c")?.problem?.code).toBe("upstream.failed");
  expect(runs.active()).toEqual([]);
  runs.forget("r");
  expect(runs.forConversation("c")).toBeUndefined();
});

test("why an answer failed is kept beside the stored answer, also of a run first heard of at its end", () => {
  const problem = { code: "quota.spent", detail: "", status: 402, type: "", title: "", key: "" };
  const { runs } = world();
  runs.adopt(run());
  runs.event(event(1, "", { state: "failed", message, problem }));
  expect(runs.forConversation("c")).toBeUndefined();
  expect(runs.problem("a")?.code).toBe("quota.spent");
  runs.event(event(1, "", { run_id: "other", answer_id: "b", state: "failed", message: { ...message, id: "b" }, problem }));
  expect(runs.problem("b")?.code).toBe("quota.spent");
  expect(runs.problem("c")).toBeUndefined();
});
