import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { createInvalidator, staleAfter } from "./hints";
import type { Hint } from "./types";

test("a burst of hints costs one round of requests", () => {
  vi.useFakeTimers();
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  const { hint } = createInvalidator(client, 300);
  for (let i = 0; i < 100; i++) hint({ topic: "logs" });
  vi.advanceTimersByTime(300);
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([["logs"], ["spend"]]);
  vi.useRealTimers();
});

test("a topic of a newer host is ignored", () => expect(staleAfter({ topic: "weather" } as unknown as Hint)).toEqual([]));
