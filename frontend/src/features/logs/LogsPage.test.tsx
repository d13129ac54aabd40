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
  expect(await screen.findByRole("row", { name: /Ana Example/ })).toHaveTextContent(/Running.*([5-9]|\d{2,})(\.\d)? s/);
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

const detail = {
  ...call, attempts: 2, tries: [
    { n: 1, deployment_id: "d-1", deployment: "Acme · gpt", model: "gpt-5.2", key: "main", why: "load", started_at: call.at, latency_ms: 400, error_code: "timeout", input_tokens: 0, output_tokens: 0, cost_nano_usd: 0 },
    { n: 2, deployment_id: "d-2", deployment: "Rack · qwen", model: "qwen", why: "rescue", started_at: call.at, first_token_ms: 200, latency_ms: 900, translated: true, input_tokens: 1200, output_tokens: 340, cost_nano_usd: 12_000_000 },
  ], rescued: true, lost: ["seed"], contents: "not_kept",
};

test("a call shows what was tried for it, in words too, and says that contents are not kept", async () => {
  await renderPage(LogsPage, { ...others, [list]: page([call]), "GET /api/admin/logs/c-1": detail }, { url: "/?open=c-1" });
  const drawer = await screen.findByRole("dialog");
  const tries = await within(drawer).findAllByRole("listitem");
  expect(tries[0]).toHaveTextContent(/1Acme · gptless busy.*400 ms.*It took too long to answer\..*passed on as sent · key main · no content/);
  expect(tries[1]).toHaveTextContent(/2Rack · qwenrescue of a cut answer.*translated · first token after 200 ms · 1,200 in, 340 out · \$0\.01/);
  expect(drawer).toHaveTextContent(/another deployment went on.*Not carried to the provider: seed/);
  expect(drawer).toHaveTextContent("Prompt and answer are not kept");
  expect(within(drawer).queryByRole("button", { name: "Show prompt and answer" })).not.toBeInTheDocument();
});

test("a call that is not among the rows is fetched; one that is nowhere is said to be", async () => {
  await renderPage(LogsPage, { ...others, [list]: page([]), "GET /api/admin/logs/c-1": detail }, { url: "/?open=c-1" });
  expect(await screen.findByText("2 attempts")).toBeVisible();
  await renderPage(LogsPage, { ...others, [list]: page([]) }, { url: "/?open=c-9" });
  expect(await screen.findByText("This call is not in the log")).toBeInTheDocument();
});

test("all calls of the filters are exported, with progress and a way to call it off", async () => {
  const user = userEvent.setup();
  const saved: string[] = [];
  URL.createObjectURL = () => "blob:x";
  URL.revokeObjectURL = () => undefined;
  HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
  const host: { send?: (text?: string) => void } = {};
  const send = (text?: string) => host.send?.(text);
  const file = (asked: Asked) =>
    new Response(new ReadableStream({ start(c) {
      host.send = (text) => (text === undefined ? c.close() : c.enqueue(new TextEncoder().encode(text)));
      asked.signal?.addEventListener("abort", () => c.error(asked.signal?.reason));
    } }));
  const view = await renderPage(LogsPage, { ...others, [list]: page([call], { totals: { calls: 4, input_tokens: 1, output_tokens: 1, cost_nano_usd: 1 } }), "GET /api/admin/logs/export": file }, { url: "/?state=ok" });
  const start = async () => {
    await user.click(await screen.findByRole("button", { name: "Export calls" }));
    await user.click(await screen.findByRole("menuitem", { name: /NDJSON/ }));
    await waitFor(() => expect(host.send).toBeDefined());
  };
  await start();
  send("{}\n{}\n");
  await waitFor(() => expect(screen.getByRole("progressbar", { name: "Exporting calls" })).toHaveAttribute("aria-valuenow", "50"));
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(await screen.findByRole("button", { name: "Export calls" })).toBeVisible();
  expect(saved).toEqual([]);
  delete host.send;
  await start();
  send("{}\n");
  send();
  await waitFor(() => expect(saved[0]).toMatch(/^nexusai-calls-.*\.ndjson$/));
  expect(view.asked.at(-1)?.query.get("state")).toBe("ok");
});
