import { expect, test } from "vitest";
import type { Model, TrialResult } from "@/api";
import { modelsOf, suggested, textOf } from "./chosen";
import { comparisonText } from "./comparison";
import { bestOf, costOf, idleLane, rateOf } from "./lane";
import { questionOf } from "./session";

const outcome: TrialResult = { call_id: "c", latency_ms: 1500, input_tokens: 1000, output_tokens: 100, cost_nano_usd: 3000, attempts: 1 };
const model: Model = { id: "m", name: "m", family: "other", kind: "chat", local: false, provider: "p", state: "ready", input_nano_usd: 2000, output_nano_usd: 10_000 };

test("a rate needs a first token, time and more than one token", () => {
  expect(rateOf({ ...idleLane, firstMs: 500, totalMs: 1500, outcome })).toBe(100);
  expect(rateOf({ ...idleLane, totalMs: 1500, outcome })).toBeUndefined();
  expect(rateOf({ ...idleLane, firstMs: 500, totalMs: 500, outcome })).toBeUndefined();
});

test("no price is not the price of nothing", () => {
  expect(costOf({ ...idleLane, outcome })).toBe(3000);
  expect(costOf({ ...idleLane, outcome: { ...outcome, cost_nano_usd: 0, unpriced: true } })).toBeUndefined();
  expect(costOf(idleLane)).toBeUndefined();
});

test("the best is named only where there is something to be better than", () => {
  expect([...bestOf(new Map([["a", 3], ["b", 2], ["c", undefined]]))]).toEqual(["b"]);
  expect([...bestOf(new Map([["a", 3], ["b", 2]]), true)]).toEqual(["a"]);
  expect(bestOf(new Map([["a", 3], ["b", undefined]])).size).toBe(0);
  expect(bestOf(new Map([["a", 3], ["b", 3]])).size).toBe(0);
});

test("models survive the address, whatever their names hold", () => {
  for (const names of [["a", "b"], ["org/a,b", "100%2C"], []]) expect(modelsOf(textOf(names))).toEqual(names);
  expect(modelsOf("a,a,b,c,d,e")).toEqual(["a", "b", "c", "d"]);
  expect(modelsOf("%zz,%")).toEqual(["%zz", "%"]);
});

test("without a choice, what can answer comes first", () => {
  const of = (id: string, more: Partial<Model>) => ({ ...model, id, ...more });
  expect(suggested([of("e", { kind: "embedding" }), of("x", { state: "unready" }), of("y", {}), of("z", {})])).toEqual(["y", "z"]);
  expect(suggested([of("x", { state: "starting" })])).toEqual(["x"]);
});

test.each([
  [{ prompt: " " }, "prompt"],
  [{ temperature: "3" }, "temperature"],
  [{ temperature: "-1" }, "temperature"],
  [{ maxTokens: "1.5" }, "maxTokens"],
  [{ maxTokens: "0" }, "maxTokens"],
] as const)("%j is wrong at %s", (change, at) => expect(questionOf({ prompt: "p", system: "", temperature: "", maxTokens: "", ...change })).toBe(at));

test("a question has what was typed and nothing else", () => {
  expect(questionOf({ prompt: "p", system: " s ", temperature: "0,5", maxTokens: "20" })).toEqual({ messages: [{ role: "system", text: "s" }, { role: "user", text: "p" }], temperature: 0.5, max_tokens: 20 });
  expect(questionOf({ prompt: "p", system: "", temperature: "", maxTokens: "" })).toEqual({ messages: [{ role: "user", text: "p" }] });
});

test("a comparison is Markdown that quotes the question", () => {
  expect(comparisonText("one\ntwo", [{ model: "a", lane: { ...idleLane, text: "yes" }, figures: ["First token: 1 s"] }, { model: "b", lane: idleLane, figures: [] }])).toBe("> one\n> two\n\n## a\n\nFirst token: 1 s\n\nyes\n\n## b\n\n–\n");
});
