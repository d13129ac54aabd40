import { expect, test } from "vitest";
import { sends } from "./keys";

const press = (over: Partial<Parameters<typeof sends>[0]> = {}) => ({ key: "Enter", shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, keyCode: 13, ...over });

test.each([
  ["Enter", press(), "enter", true],
  ["Shift+Enter is a new line", press({ shiftKey: true }), "enter", false],
  ["Ctrl+Enter", press({ ctrlKey: true }), "enter", true],
  ["picking a candidate", press({ isComposing: true }), "enter", false],
  ["picking a candidate in Safari", press({ keyCode: 229 }), "enter", false],
  ["another key", press({ key: "a" }), "enter", false],
  ["Enter where Ctrl+Enter sends", press(), "mod-enter", false],
  ["Cmd+Enter where it sends", press({ metaKey: true }), "mod-enter", true],
] as const)("%s", (_name, event, setting, expected) => expect(sends(event, setting)).toBe(expected));
