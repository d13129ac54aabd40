import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hostMemory, takeValues } from "./hostMemory";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("many changes of a value are saved once, the last one", () => {
  const save = vi.fn(async () => undefined);
  const memory = hostMemory({ "nexus.pane.list": "300" }, save);
  expect(memory.get("nexus.pane.list")).toBe("300");
  for (const width of ["301", "302", "303"]) memory.set("nexus.pane.list", width);
  memory.set("nexus.rail.wide", "true");
  expect(memory.get("nexus.pane.list")).toBe("303");
  expect(save).not.toHaveBeenCalled();
  vi.advanceTimersByTime(250);
  expect(save.mock.calls).toEqual([["nexus.pane.list", "303"], ["nexus.rail.wide", "true"]]);
  memory.set("nexus.pane.list", "303"); // nothing new
  vi.advanceTimersByTime(1000);
  expect(save).toHaveBeenCalledTimes(2);
});

test("a page that goes saves what waits, and an empty text forgets", () => {
  const save = vi.fn(async () => Promise.reject(new Error("away")));
  const memory = hostMemory({ "nexus.theme": "dark" }, save);
  memory.set("nexus.theme", "");
  memory.flush();
  expect(save).toHaveBeenCalledWith("nexus.theme", "");
  expect(memory.get("nexus.theme")).toBeUndefined();
  vi.advanceTimersByTime(1000);
  expect(save).toHaveBeenCalledTimes(1);
});

test("the document's values are read once; what is not a map of texts is left out", () => {
  const page = document.implementation.createHTMLDocument();
  const brought = (content: string) => {
    const meta = page.createElement("meta");
    meta.name = "nexus-view";
    meta.content = content;
    page.head.append(meta);
    return takeValues(page);
  };
  expect(brought('{"a":"1","b":2,"c":null}')).toEqual({ a: "1" });
  expect(page.querySelector("meta[name=nexus-view]")).toBeNull();
  expect(brought("not json")).toEqual({});
  expect(brought("null")).toEqual({});
  expect(brought("")).toBeUndefined();
  expect(takeValues(page)).toBeUndefined();
});
