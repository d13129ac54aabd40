import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { InferenceLog, LogPage } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { LogsPage } from "./LogsPage";

const call: InferenceLog = {
  id: "c-1", at: "2026-01-02T10:00:00.000Z", surface: "v1", operation: "chat", model: "qwen2.5-coder-1.5b", deployment: "This server", key: "Nightly report",
  streamed: true, state: "ok", input_tokens: 1200, output_tokens: 340, latency_ms: 2300, first_token_ms: 240, cost_nano_usd: 12_000_000, attempts: 1, request_id: "req-7",
};
const running: InferenceLog = { ...call, id: "c-2", state: "running", input_tokens: 0, output_tokens: 0, latency_ms: 0, cost_nano_usd: 0, user: "Ana Example" };
delete running.first_token_ms;
delete running.key;
const page = (items: InferenceLog[], more: Partial<LogPage> = {}): LogPage => ({ items, totals: { calls: 4200, input_tokens: 9000, output_tokens: 7000, cost_nano_usd: 5e9 }, ...more });
const others = { "GET /api/models": [], "GET /api/admin/users": [{ id: "u-ana", name: "Ana Example", email: "ana@acme.test" }], "GET /api/admin/keys": [] };
const list = "GET /api/admin/logs";

test("a call that runs has its time ticking, and the totals are those of the selection", async () => {
  await renderPage(LogsPage, { ...others, [list]: page([{ ...running, at: new Date(Date.now() - 5000).toISOString() }, call]) });
  expect(await screen.findByRole("row", { name: /Ana Example/ })).toHaveTextContent(/Running.*[5-9](\.\d)? s/);
  expect(screen.getByRole("row", { name: /4,200 calls/ })).toHaveTextContent("9,000");
});

test("a filter goes to the URL and to the host, and can be cleared", async () => {
  const user = userEvent.setup();
  const view = await renderPage(LogsPage, { ...others, [list]: (asked: Asked) => page(asked.query.get("state") === "failed" ? [] : [call]) }, { url: "/?model=qwen2.5-coder-1.5b&range=24h" });
  await screen.findByRole("row", { name: /Nightly/ });
  await user.click(screen.getByRole("combobox", { name: "State" }));
  await user.click(await screen.findByRole("option", { name: "Failed" }));
  expect(await screen.findByText("No call fits these filters")).toBeVisible();
  const asked = view.asked.filter((a) => a.path === "/api/admin/logs").at(-1);
  expect(asked?.query.get("model")).toBe("qwen2.5-coder-1.5b");
  expect(Date.parse(asked?.query.get("from") ?? "")).toBeLessThan(Date.now() - 23 * 3_600_000);
  expect(view.router.state.location.search).toMatchObject({ state: "failed" });
  await user.click(screen.getAllByRole("button", { name: "Clear filters" })[0]!);
  expect(await screen.findByRole("row", { name: /Nightly/ })).toBeVisible();
  await waitFor(() => expect(view.router.state.location.search).toEqual({}));
});

test("Enter opens everything about a call", async () => {
  const user = userEvent.setup();
  await renderPage(LogsPage, { ...others, [list]: page([{ ...call, state: "failed", error_code: "upstream.failed", unpriced: true, estimated: true, cached_tokens: 64 }]) });
  (await screen.findByRole("row", { name: /Nightly/ })).focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog");
  for (const fact of ["The model’s provider failed.", "upstream.failed", "No price", "≈ 1,200", "64", "2.3 s", "240 ms", "req-7"]) expect(within(drawer).getAllByText(fact, { exact: false })[0]).toBeVisible();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("paused, nothing is asked; live again, it is", async () => {
  const user = userEvent.setup();
  const view = await renderPage(LogsPage, { ...others, [list]: page([call]) });
  await screen.findByRole("row", { name: /Nightly/ });
  await user.click(screen.getByRole("button", { name: "Pause" }));
  expect(screen.getByRole("status")).toHaveTextContent("Paused");
  expect(view.getByRole("row", { name: /Nightly/ })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Go live" }));
  expect(screen.getByRole("status")).toHaveTextContent("Live");
});

test("more calls come near the end, none twice", async () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ ...call, id: `a-${i}` }));
  const view = await renderPage(LogsPage, { ...others, [list]: (asked: Asked) => (asked.query.get("cursor") === "next" ? page([many[19]!, { ...call, id: "b", key: "Older" }]) : page(many, { next_cursor: "next" })) });
  expect(await screen.findByRole("row", { name: /Older/ })).toBeVisible();
  expect(view.getByRole("table")).toHaveAttribute("aria-rowcount", "22");
});

test("people and keys are asked for only by who may see them", async () => {
  const view = await renderPage(LogsPage, { [list]: page([]) }, { me: { ...ana, role: "developer", permissions: ["logs.read"] } });
  expect(await screen.findByText("No calls yet")).toBeVisible();
  expect(view.asked.map((a) => a.path)).toEqual(["/api/admin/logs"]);
});

test("a failure has its message", async () => {
  await renderPage(LogsPage, { ...others, [list]: problem(403, "auth.forbidden") });
  expect(await screen.findByText("Your role does not allow this.")).toBeVisible();
});
