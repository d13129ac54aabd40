import { expect, test } from "vitest";
import { choicesOf, holdsModel } from "./entries";

test("a list holds names as they are, and all that begin with a text", () => {
  expect(holdsModel(["fast", "gpt-*"], "gpt-5.2")).toBe(true);
  expect(holdsModel(["fast", "gpt-*"], "fast")).toBe(true);
  expect(holdsModel(["fast"], "faster")).toBe(false);
  expect(holdsModel(["*"], "anything")).toBe(true);
  expect(holdsModel([], "fast")).toBe(false);
});

test("what is on the list and not offered comes first; a text narrows both", () => {
  expect(choicesOf(["fast", "deep"], ["old", "deep"], "")).toEqual(["old", "fast", "deep"]);
  expect(choicesOf(["fast", "deep"], ["old"], " D")).toEqual(["old", "deep"]);
});
