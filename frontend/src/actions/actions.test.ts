import { expect, test } from "vitest";
import { createRegistry, search, type Action } from "./registry";
import { keysOf, matches } from "./shortcut";

const press = (key: string, over: Partial<KeyboardEvent> = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...over });

test.each([
  ["mod+k", press("k", { ctrlKey: true }), false, true],
  ["mod+k", press("k", { metaKey: true }), true, true],
  ["mod+k", press("k", { ctrlKey: true }), true, false],
  ["mod+k", press("K", { ctrlKey: true, shiftKey: true }), false, false],
  ["mod+shift+r", press("R", { ctrlKey: true, shiftKey: true }), false, true],
  ["?", press("?", { shiftKey: true }), false, true],
  ["mod+,", press(",", { ctrlKey: true }), false, true],
  ["alt+n", press("n", { altKey: true }), false, true],
] as const)("%s", (shortcut, event, mac, expected) => expect(matches(shortcut, event, mac)).toBe(expected));

test("keys as they are printed", () => {
  expect(keysOf("mod+shift+r", false)).toEqual(["Ctrl", "Shift", "R"]);
  expect(keysOf("mod+k", true)).toEqual(["⌘", "K"]);
});

const action = (id: string, label: string, keywords = ""): Action => ({ id, label, group: "go", keywords, run: () => undefined });

test("every word has to be found, accents do not matter, beginnings come first", () => {
  const all = [action("1", "Copy the answer"), action("2", "Configurações"), action("3", "Answer again", "regenerate")];
  expect(search(all, "configuracoes").map((a) => a.id)).toEqual(["2"]);
  expect(search(all, "answer").map((a) => a.id)).toEqual(["3", "1"]);
  expect(search(all, "regen").map((a) => a.id)).toEqual(["3"]);
  expect(search(all, "copy nothing")).toEqual([]);
});

test("what is on the screen wins over the shell, and leaves with it", () => {
  const registry = createRegistry();
  registry.add("shell", [action("x", "Shell")]);
  const remove = registry.add("view", [action("x", "View")]);
  expect(registry.all().map((a) => a.label)).toEqual(["View"]);
  remove();
  expect(registry.all().map((a) => a.label)).toEqual(["Shell"]);
});
