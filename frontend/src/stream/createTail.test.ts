import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTail } from "./createTail";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("two hundred tokens in a second become about thirty commits, none lost", () => {
  const commits: string[] = [];
  const tail = createTail((delta) => commits.push(delta));
  for (let i = 0; i < 200; i++) {
    tail.push(`${i} `);
    vi.advanceTimersByTime(5);
  }
  tail.close();
  expect(commits.join("")).toBe(Array.from({ length: 200 }, (_, i) => `${i} `).join(""));
  expect(commits.length).toBeGreaterThan(20);
  expect(commits.length).toBeLessThanOrEqual(32);
});

test("closing hands over what is left and nothing afterwards", () => {
  const commits: string[] = [];
  const tail = createTail((delta) => commits.push(delta));
  tail.push("rest");
  tail.close();
  vi.runAllTimers();
  expect(commits).toEqual(["rest"]);
});
