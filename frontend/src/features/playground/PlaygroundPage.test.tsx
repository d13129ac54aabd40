import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { ActionsProvider } from "@/actions";
import type { Model } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { PlaygroundPage } from "./PlaygroundPage";

const model = (id: string, more: Partial<Model> = {}): Model => ({ id, name: id, family: "other", kind: "chat", local: false, provider: "Rack", state: "ready", input_nano_usd: 1000, output_nano_usd: 2000, ...more });
const models = "GET /api/models";
const ask = "POST /api/playground";
const logs = "GET /api/admin/logs";
const stream = (...events: unknown[]) => new Response(events.map((e) => `data: ${JSON.stringify(e)}\n\n`).join(""), { headers: { "X-Request-Id": "req-7" } });
const outcome = { call_id: "call-1", deployment: "Rack · fast-1", finish: "stop", latency_ms: 900, input_tokens: 1000, output_tokens: 1000, cost_nano_usd: 12_000_000, attempts: 1 };
const says = (text: string, more: object = {}) => stream({ type: "text", text, elapsed_ms: 1 }, { type: "done", outcome: { ...outcome, ...more }, elapsed_ms: 2 });
const call = { id: "call-2", at: "2026-01-02T10:00:00Z", model: "fast", request_id: "req-7", state: "stopped", cost_nano_usd: 7_000_000 };
// A user of its own each, because what is typed and answered outlives the page.
let people = 0;
const somebody = () => ({ ...ana, user_id: `u-${++people}` });
const Page = () => <ActionsProvider><PlaygroundPage /></ActionsProvider>;
const prompt = () => screen.findByRole("textbox", { name: "Prompt" });
const lane = (id: string) => screen.findByRole("article", { name: `Answer of ${id}` });

test("one question goes to every chosen model, each says who answered and what it cost", async () => {
  const user = userEvent.setup();
  const view = await renderPage(Page, { [models]: [model("fast"), model("deep")], [ask]: (asked: Asked) => says(`I am ${(asked.body as { model: string }).model}`) }, { me: somebody() });
  await user.type(await prompt(), "Who are you?");
  await user.click(screen.getByRole("button", { name: "Run" }));
  expect(await within(await lane("fast")).findByText("I am fast")).toBeVisible();
  expect(await within(await lane("deep")).findByText("I am deep")).toBeVisible();
  expect(await within(await lane("fast")).findByText("$0.01")).toBeVisible();
  expect(within(await lane("fast")).getByRole("link", { name: "Open in the log" })).toHaveAttribute("href", expect.stringContaining("open=call-1"));
  expect(within(await lane("fast")).getByText("Rack · fast-1")).toBeVisible();
  expect(view.asked.filter((a) => a.method === "POST").map((a) => (a.body as { messages: unknown }).messages)).toEqual([[{ role: "user", text: "Who are you?" }], [{ role: "user", text: "Who are you?" }]]);
});

test("who may not read the log sees the cost and no way there; what the server counted is marked", async () => {
  const user = userEvent.setup();
  const view = await renderPage(Page, { [models]: [model("fast")], [ask]: () => says("x", { estimated: true }) }, { me: { ...somebody(), permissions: ["models.use", "chat.use"] } });
  await user.type(await prompt(), "?");
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(await within(await lane("fast")).findByText("≈ $0.01")).toBeVisible();
  expect(within(await lane("fast")).queryByRole("link")).not.toBeInTheDocument();
  expect(view.asked.some((a) => a.path === "/api/admin/logs")).toBe(false);
});

test("one is refused and says why; the other answers", async () => {
  const user = userEvent.setup();
  const bound = { kind: "budget", holder: "user", amount: 5e9, period: "month", contact: "Bea" };
  const refusal = () => new Response(JSON.stringify(problem(402, "quota.spent", { bound })), { status: 402, headers: { "X-Request-Id": "req-8" } });
  await renderPage(Page, { [models]: [model("fast"), model("deep")], [ask]: (asked: Asked) => ((asked.body as { model: string }).model === "deep" ? refusal() : says("fine")), [logs]: { items: [], totals: {} } }, { me: somebody() });
  await user.type(await prompt(), "?");
  await user.keyboard("{Control>}{Enter}{/Control}");
  const refused = await lane("deep");
  expect(await within(refused).findByRole("alert")).toHaveTextContent("The monthly budget of your account ($5.00) is spent. Ask Bea for more.");
  expect(refused).not.toHaveTextContent("As the host says it.");
  expect(refused).toHaveTextContent("req-8");
  expect(await within(await lane("fast")).findByText("fine")).toBeVisible();
});

test("Escape stops all of them and keeps what was written", async () => {
  const user = userEvent.setup();
  const open = (asked: Asked) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('data: {"type":"text","text":"half an ans","elapsed_ms":1}\n\n'));
          asked.signal?.addEventListener("abort", () => controller.error(asked.signal?.reason));
        },
      }),
      { headers: { "X-Request-Id": "req-7" } },
    );
  await renderPage(Page, { [models]: [model("fast")], [ask]: open, [logs]: { items: [call], totals: {} } }, { me: somebody() });
  await user.type(await prompt(), "?");
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(await within(await lane("fast")).findByText(/half an ans/)).toBeVisible();
  expect(screen.getByRole("button", { name: /Stop all/ })).toBeVisible();
  await user.keyboard("{Escape}");
  expect(await within(await lane("fast")).findByText(/^Stopped/)).toBeVisible();
  expect(await lane("fast")).toHaveTextContent("half an ans");
  expect(await screen.findByRole("button", { name: "Run" })).toBeVisible();
  expect(await within(await lane("fast")).findByText("$0.007")).toBeVisible(); // the log says what was charged
});

test("the models are in the address, at most four, and can be taken away", async () => {
  const user = userEvent.setup();
  const view = await renderPage(Page, { [models]: ["a", "b", "c", "d", "e"].map((id) => model(id)) }, { url: "/?models=a,b,c", me: somebody() });
  await user.click(await screen.findByRole("button", { name: "Add model" }));
  await user.click(await screen.findByRole("button", { name: /^d/ }));
  expect(view.router.state.location.search).toEqual({ models: "a,b,c,d" });
  expect(screen.queryByRole("button", { name: "Add model" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Remove a" }));
  await waitFor(() => expect(view.router.state.location.search).toEqual({ models: "b,c,d" }));
});

test("an empty prompt and wrong numbers are said at their fields", async () => {
  const user = userEvent.setup();
  const view = await renderPage(Page, { [models]: [model("fast")] }, { me: somebody() });
  await user.click(await screen.findByRole("button", { name: "Run" }));
  expect(await screen.findByText("Write a prompt first.")).toBeVisible();
  expect(await prompt()).toHaveFocus();
  await user.type(await prompt(), "?");
  await user.click(screen.getByRole("button", { name: "Options" }));
  await user.type(screen.getByRole("textbox", { name: /Temperature/ }), "9");
  await user.click(screen.getByRole("button", { name: "Run" }));
  expect(await screen.findByText("A number from 0 to 2.")).toBeVisible();
  expect(view.posted("/api/playground")).toBeUndefined();
});

test("what a model writes is text, never HTML", async () => {
  const user = userEvent.setup();
  await renderPage(Page, { [models]: [model("fast")], [ask]: () => says('<img src=x onerror="alert(1)">'), [logs]: { items: [], totals: {} } }, { me: somebody() });
  await user.type(await prompt(), "?");
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(await within(await lane("fast")).findByText(/<img src=x/)).toBeVisible();
  expect(screen.queryByRole("img")).not.toBeInTheDocument();
});

test("without a chat model it says where they come from", async () => {
  await renderPage(Page, { [models]: [model("e5", { kind: "embedding" })] }, { me: somebody() });
  expect(await screen.findByText("No chat model is offered yet")).toBeVisible();
  expect(screen.getByRole("link", { name: "Go to models and providers" })).toHaveAttribute("href", "/providers");
});

test("a failure has its message", async () => {
  await renderPage(Page, { [models]: problem(500, "internal") }, { me: somebody() });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});
