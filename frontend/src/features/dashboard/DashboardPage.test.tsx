import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Dashboard } from "@/api";
import { ana, problem, renderPage } from "@/test/page";
import { DashboardPage } from "./DashboardPage";
import { pointsIn, spanOf, spanText } from "./zoom";

// jsdom has no canvas; the numbers are read as a table.
vi.mock("uplot", () => ({ default: class { setData() { /* nothing drawn */ } setSize() { /* nothing drawn */ } destroy() { /* nothing drawn */ } } }));

const at = (minute: number) => new Date(Date.UTC(2026, 0, 2, 10, minute)).toISOString();
const data: Dashboard = {
  from: at(0), to: at(3), step_seconds: 60, running: 2, calls: 200, failed: 3, input_tokens: 4000, output_tokens: 250_000, cost_nano_usd: 4_000_000_000,
  active_users: 4, p50_ms: 1200, p95_ms: 5300, first_token_p50_ms: 180,
  points: [0, 1, 2].map((i) => ({ at: at(i), calls: i, failed: 0, output_tokens: i * 10, cost_nano_usd: i, p50_ms: i === 1 ? null : 900, first_token_p50_ms: i === 1 ? null : 100 })),
  models: [{ model: "qwen2.5-coder-1.5b", calls: 150, output_tokens: 200_000, cost_nano_usd: 0 }, { model: "gpt-5.2", calls: 50, output_tokens: 50_000, cost_nano_usd: 4_000_000_000 }],
};
const path = "GET /api/admin/dashboard";

test("the figures add the range up, and models lead to their calls", async () => {
  await renderPage(DashboardPage, { [path]: data });
  const shown = (name: string) => screen.getByText(name, { selector: "dt" }).parentElement;
  expect((await screen.findAllByRole("figure")).length).toBe(4);
  expect(shown("In flight")).toHaveTextContent("2");
  expect(shown("Failed")).toHaveTextContent("1.5%3 calls");
  expect(shown("Output tokens")).toHaveTextContent("250K");
  expect(shown("Cost")).toHaveTextContent("$4.00$0.02 / call");
  expect(shown("Latency p50")).toHaveTextContent("1.2 sp95 5.3 s");
  const link = screen.getByRole("link", { name: "Open the logs of qwen2.5-coder-1.5b" });
  expect(link).toHaveAttribute("href", expect.stringContaining("/logs?model=qwen2.5-coder-1.5b&range=1h"));
  expect(within(screen.getByRole("row", { name: /qwen/ })).getByText("75%")).toBeInTheDocument();
});

test("a range is asked for and kept in the URL", async () => {
  const user = userEvent.setup();
  const view = await renderPage(DashboardPage, { [path]: data });
  await user.click(await screen.findByRole("radio", { name: "7 days" }));
  await screen.findAllByRole("figure");
  expect(view.asked.at(-1)?.query.get("range")).toBe("7d");
  expect(view.router.state.location.search).toEqual({ range: "7d" });
});

test("a chart can be read as a table, gaps included", async () => {
  const user = userEvent.setup();
  await renderPage(DashboardPage, { [path]: data });
  const latency = (await screen.findAllByRole("figure"))[3]!;
  await user.click(within(latency).getByRole("button", { name: "View as table" }));
  expect(within(latency).getAllByRole("row").map((row) => row.textContent).filter((text) => text?.includes("–"))).toHaveLength(1);
});

test("a brushed span is named, leads to its calls, and can be left", async () => {
  const user = userEvent.setup();
  const from = Date.parse(at(1)) / 1000;
  await renderPage(DashboardPage, { [path]: data }, { url: `/?zoom=${spanText(from, from + 60)}` });
  expect(await screen.findByRole("link", { name: "See these calls" })).toHaveAttribute("href", expect.stringContaining(encodeURIComponent(at(1)).slice(0, 10)));
  await user.click(screen.getByRole("button", { name: "Show the whole range" }));
  expect(screen.queryByRole("link", { name: "See these calls" })).not.toBeInTheDocument();
});

test("spans that make no sense show the whole range", () => {
  expect(spanOf("9-1")).toBeUndefined();
  expect(spanOf("1767348060-1767348000")).toBeUndefined();
  expect(pointsIn(data.points, { from: 1, to: 2 })).toHaveLength(3);
  expect(pointsIn(data.points, spanOf(spanText(Date.parse(at(1)) / 1000, Date.parse(at(2)) / 1000)))).toHaveLength(2);
});

test("without traffic it says what will move the figures", async () => {
  await renderPage(DashboardPage, { [path]: { ...data, running: 0, calls: 0, failed: 0, models: [] } });
  expect(await screen.findByText("No calls in this range")).toBeVisible();
  expect(screen.queryByRole("figure")).not.toBeInTheDocument();
});

test("who may not read logs gets no links to them", async () => {
  await renderPage(DashboardPage, { [path]: data }, { me: { ...ana, permissions: ["dashboard.read"] } });
  expect(await screen.findByText("gpt-5.2")).toBeVisible();
  expect(screen.queryByRole("link")).not.toBeInTheDocument();
});

test("a failure has its message", async () => {
  await renderPage(DashboardPage, { [path]: problem(500, "internal") });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});
