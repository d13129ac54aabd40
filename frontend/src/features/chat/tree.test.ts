import { expect, test } from "vitest";
import type { Message } from "@/api";
import { pathOf, toNodes } from "./tree";

const message = (id: string, parent: string, minute: number): Message => ({
  id, conversation_id: "c", parent_id: parent, role: "user", text: id, state: "sent",
  created_at: `2026-11-22T10:${String(minute).padStart(2, "0")}:00.000Z`,
});
const ids = (messages: Message[], choices = {}, live?: { answerId: string; messageId: string }) => pathOf(toNodes(messages, live), choices).map((s) => s.node.id);

const tree = [message("q", "", 0), message("a1", "q", 1), message("a2", "q", 3), message("q2", "a1", 2), message("q2b", "a1", 5)];

test("the newest version is shown", () => expect(ids(tree)).toEqual(["q", "a2"]));

test("a choice leads down another branch, to its newest", () => expect(ids(tree, { q: "a1" })).toEqual(["q", "a1", "q2b"]));

test("versions are listed oldest first", () => {
  const step = pathOf(toNodes(tree), { q: "a1" })[2];
  expect(step?.versions).toEqual(["q2", "q2b"]);
});

test("an answer being written is the newest version", () => {
  expect(ids(tree, {}, { answerId: "live", messageId: "q" })).toEqual(["q", "live"]);
  expect(ids([...tree, message("live", "q", 9)], {}, { answerId: "live", messageId: "q" })).toEqual(["q", "live"]);
});

test("a message whose parent has not arrived is still shown", () => expect(ids([message("x", "missing", 0)])).toEqual(["x"]));

test("a cycle ends instead of hanging", () => {
  expect(ids([message("a", "b", 0), message("b", "a", 1)])).toEqual([]);
  expect(ids([message("a", "a", 0)])).toEqual([]);
});
