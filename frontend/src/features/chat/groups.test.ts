import { expect, test } from "vitest";
import type { Conversation } from "@/api";
import { groupByDay } from "./groups";

const now = new Date(2026, 10, 22, 12);
const at = (id: string, daysAgo: number, pinned = false): Conversation => ({
  id, title: id, model: "m", pinned, created_at: "", unsent: 0, draft: false, last_at: new Date(2026, 10, 22 - daysAgo, 9).toISOString(),
});

test("pinned first, then by day, week and month", () => {
  const rows = groupByDay([at("old", 60), at("now", 0), at("tomorrow", -1), at("y", 1), at("w", 5), at("p", 200, true)], now);
  expect(rows.map((r) => r.key)).toEqual(["pinned", "p", "today", "tomorrow", "now", "yesterday", "y", "lastWeek", "w", "2026-09-15", "old"]);
});
