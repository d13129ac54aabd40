import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { CostReport, CostRow } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { CostPage } from "./CostPage";
import { dayStart, dayTime, rangeOf } from "./range";

// jsdom has no canvas; the numbers are read as a table.
vi.mock("uplot", () => ({ default: class { static paths = {}; setData() { /* nothing drawn */ } setSize() { /* nothing drawn */ } destroy() { /* nothing drawn */ } } }));

const row = (id: string, nano: number, more: Partial<CostRow> = {}): CostRow => ({ id, label: id, calls: 10, failed: 1, unpriced: 0, input_tokens: 5000, cached_tokens: 100, output_tokens: 700, cost_nano_usd: nano, ...more });
const report = (more: Partial<CostReport> = {}): CostReport => ({
  from: "2026-11-01T00:00:00Z", to: "2026-11-27T10:00:00Z", zone: "Europe/Lisbon", by: "model", rows: [row("gpt-5.2", 7_500_000_000), row("qwen2.5", 2_500_000_000, { unpriced: 3 })], total: row("", 10_000_000_000, { label: "", calls: 20, unpriced: 3 }),
  days: [row("2026-11-25", 4e9), row("2026-11-26", 0, { calls: 0 }), row("2026-11-27", 6e9)], forecast: { month_nano_usd: 12_000_000_000, low_nano_usd: 11e9, high_nano_usd: 14e9, basis_days: 26 }, ...more,
});
const costs = "GET /api/admin/costs";

test("figures, rows and their sum, and a forecast that says what it is", async () => {
  await renderPage(CostPage, { [costs]: report() });
  expect(await screen.findByRole("row", { name: /gpt-5\.2.*75%.*\$7\.50/ })).toBeVisible();
  expect(screen.getByRole("row", { name: /Total.*20.*\$10\.00/ })).toBeVisible();
  expect(screen.getByText("Forecast for this month").parentElement).toHaveTextContent(/≈ \$12\.00.*80%: \$11\.00 – \$14\.00/);
  expect(screen.getByText(/The cost of 3 calls is unknown/)).toBeVisible();
  expect(screen.getByText("Days of Europe/Lisbon")).toBeVisible();
});

test("the grouping and the range are in the address and asked for", async () => {
  const user = userEvent.setup();
  const view = await renderPage(CostPage, { [costs]: (asked: Asked) => report({ by: (asked.query.get("by") ?? "model") as "user", rows: [row("u-1", 1, { label: "Ana Example" })] }) });
  await user.click(await screen.findByRole("combobox", { name: "Group by" }));
  await user.click(await screen.findByRole("option", { name: "By user" }));
  expect(await screen.findByRole("columnheader", { name: "User" })).toBeVisible();
  await user.click(screen.getByRole("radio", { name: "7 days" }));
  const asked = () => view.asked.at(-1)?.query;
  expect(await screen.findByRole("link", { name: "Open the calls of Ana Example" })).toHaveAttribute("href", expect.stringContaining("user=u-1"));
  expect(asked()?.get("by")).toBe("user");
  expect(asked()?.get("from")).toMatch(/T00:00:00\.000Z$|T23:00:00\.000Z$/);
  expect(view.router.state.location.search).toEqual({ by: "user", range: "7d" });
});

test("days can be read as a table, those without a call too", async () => {
  const user = userEvent.setup();
  await renderPage(CostPage, { [costs]: report() });
  const chart = await screen.findByRole("figure");
  await user.click(within(chart).getByRole("button", { name: "View as table" }));
  expect(within(chart).getAllByRole("row")).toHaveLength(4);
  expect(within(chart).getByRole("row", { name: /26 Nov.*\$0\.00|Nov 26.*\$0\.00/ })).toBeVisible();
});

test("too little to forecast by is said; no calls say what will be here", async () => {
  const { forecast: _none, ...bare } = report({ rows: [], days: [], total: row("", 0, { calls: 0 }) });
  await renderPage(CostPage, { [costs]: bare });
  expect(await screen.findByText("No calls in this range")).toBeVisible();
  expect(screen.getByText("Too few whole days yet")).toBeVisible();
  expect(screen.queryByRole("figure")).not.toBeInTheDocument();
});

test("who may not read logs gets no links to them", async () => {
  await renderPage(CostPage, { [costs]: report() }, { me: { ...ana, permissions: ["costs.read"] } });
  expect(await screen.findByText("gpt-5.2")).toBeVisible();
  expect(screen.queryByRole("link")).not.toBeInTheDocument();
});

test("a failure has its message", async () => {
  await renderPage(CostPage, { [costs]: problem(500, "internal") });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});

test.each([
  ["2026-11-27T00:30:00Z", "Europe/Lisbon", 0, "2026-11-27T00:00:00.000Z"],
  ["2026-07-01T23:30:00Z", "Europe/Lisbon", 0, "2026-07-01T23:00:00.000Z"],
  ["2026-10-25T12:00:00Z", "Europe/Lisbon", 0, "2026-10-24T23:00:00.000Z"],
  ["2026-10-26T12:00:00Z", "Europe/Lisbon", 1, "2026-10-24T23:00:00.000Z"],
  ["2026-11-27T01:00:00Z", "America/Sao_Paulo", 0, "2026-11-26T03:00:00.000Z"],
  ["2026-11-27T01:00:00Z", "No/Zone", 2, "2026-11-25T00:00:00.000Z"],
])("the day of %s in %s, %i back, begins at %s", (at, zone, back, start) => expect(dayStart(new Date(at), zone, back).toISOString()).toBe(start));

test("a window in the address goes before the range, and a day is a day or nothing", () => {
  expect(rangeOf("7d", "key", { from: "2026-11-01T00:00:00Z" }, "UTC", new Date())).toEqual({ by: "key", from: "2026-11-01T00:00:00Z" });
  expect(rangeOf("month", "model", {}, "UTC", new Date())).toEqual({ by: "model" });
  expect(new Date(dayTime("2026-11-03")).getDate()).toBe(3);
  expect(dayTime("3 Nov")).toBeNaN();
});
