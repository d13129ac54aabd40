import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useHold } from "./useHold";

const rows = (...ids: string[]) => ids.map((id) => ({ id }));

test("while the reader is below the top, new rows wait and are counted", () => {
  const view = renderHook(({ all }) => useHold(all), { initialProps: { all: rows("b", "a") } });
  act(() => view.result.current.onTop(false));
  view.rerender({ all: rows("d", "c", "b", "a") });
  expect(view.result.current.waiting).toBe(2);
  expect(view.result.current.shown.map((row) => row.id)).toEqual(["b", "a"]);
  act(() => view.result.current.onTop(true));
  expect(view.result.current.waiting).toBe(0);
  expect(view.result.current.shown).toHaveLength(4);
});

test("rows that no longer include what was held are all shown", () => {
  const view = renderHook(({ all }) => useHold(all), { initialProps: { all: rows("b", "a") } });
  act(() => view.result.current.onTop(false));
  view.rerender({ all: rows("z") });
  expect(view.result.current.shown.map((row) => row.id)).toEqual(["z"]);
});
