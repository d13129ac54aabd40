import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Alias, Deployment, PricedModel, Provider, RouteAnswer, RoutingPolicy } from "@/api";
import { createFormat } from "@/i18n/format";
import { ana, problem, renderPage } from "@/test/page";
import { dollarsOf, dollarText } from "./price";
import { ProvidersPage } from "./ProvidersPage";
import { millisOf, secondsText, sharesOf } from "./rules";

const soon = new Date(Date.now() + 45 * 60_000).toISOString();
const deployment: Deployment = {
  id: "d-1", model: "fast", upstream: "gpt-5.2-2026-10", kind: "chat", provider_id: "p-1", provider: "Acme OpenAI", provider_kind: "openai", enabled: true, weight: 2, priority: 0, deadlines: { first_token_ms: 20_000 }, overrides: {}, source: "console",
  facts: { known: true, context_tokens: 400_000, images: true, tools: true, schema: true, reasoning: false, prefill: false }, price: { source: "catalogue", input_nano_usd: 1_250_000_000, output_nano_usd: 10_000_000_000 },
  health: { state: "ready", circuit: "open", retry_at: soon, in_flight: 3, waiting: 2, first_token_ms: 410, errors: [{ at: "2026-11-27T10:00:00Z", code: "upstream.failed", detail: "The provider answered 500." }, { at: "2026-11-27T09:59:00Z", code: "rate.limited", detail: "Slow down.", key_id: "k-2", key: "spare" }], benched: [{ key_id: "k-2", key: "spare", until: soon }] },
};
const deep: Deployment = { ...deployment, id: "d-2", model: "deep", upstream: "claude-sonnet-5", health: { state: "ready", circuit: "closed", in_flight: 0, errors: [], benched: [] } };
const provider: Provider = {
  id: "p-1", name: "Acme OpenAI", kind: "openai", base_url: "https://api.openai.com/v1", has_key: true, enabled: true, models: [], state: "ready", source: "console", created_at: "2026-01-02T10:00:00Z",
  keys: [
    { id: "k-1", name: "main", enabled: true, state: "ready", benched: [], created_at: "2026-01-02T10:00:00Z", rotated_at: "2026-01-02T10:00:00Z" },
    { id: "k-2", name: "spare", enabled: true, state: "benched", benched: [{ deployment_id: "d-1", model: "fast", until: soon }], created_at: "2026-01-02T10:00:00Z", rotated_at: "2026-01-02T10:00:00Z" },
  ],
};
const alias: Alias = { name: "best", targets: ["fast", "deep"], larger: "deep", source: "console" };
const priced: PricedModel = { provider_id: "p-1", provider: "Acme OpenAI", upstream: "gpt-5.2", now: { source: "override", input_nano_usd: 1e9, output_nano_usd: 8e9 }, catalogue: { source: "catalogue", input_nano_usd: 1.25e9, output_nano_usd: 10e9 }, history: [{ id: "h-1", valid_from: "2026-11-01T00:00:00Z", input_nano_usd: 1e9, output_nano_usd: 8e9, note: "Contract of November", created_at: "2026-11-01T00:00:00Z", created_by: "Ana Example" }] };
const deployments = "GET /api/admin/deployments";
const aliases = "GET /api/admin/aliases";
const routing = "GET /api/admin/routing";
const open: RoutingPolicy = { regions: [], roles: [] };
const keysPath = "/api/admin/providers/p-1/keys";

test("deployments show what keeps them from answering; one opens, is tested with a real call, and edited", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], "POST /api/admin/deployments/d-1/test": { ok: true, latency_ms: 900, first_token_ms: 120, models: [], answer: "Hello.", tested_model: "gpt-5.2-2026-10" }, "PATCH /api/admin/deployments/d-1": deployment }, { url: "/?view=deployments" });
  const row = await screen.findByRole("row", { name: /fast/ });
  expect(row).toHaveTextContent(/Circuit open.*3 \+2.*410 ms.*1.*upstream\.failed/);
  row.focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog", { name: "fast" });
  for (const fact of ["The provider answered 500.", "Slow down. · key spare", "spare rests until", "priority 0, weight 2", "$1,250.00 in"]) expect(drawer).toHaveTextContent(fact === "$1,250.00 in" ? "$1.25 in, $10.00 out" : fact);
  await user.click(within(drawer).getByRole("button", { name: "Test" }));
  expect(await within(drawer).findByText("Hello.")).toBeVisible();
  await user.click(within(drawer).getByRole("button", { name: "Edit" }));
  const weight = within(drawer).getByRole("textbox", { name: "Weight" });
  await user.clear(weight);
  await user.type(weight, "0");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  expect(await within(drawer).findByText("A whole number from 1 to 1,000.")).toBeVisible();
  await user.clear(weight);
  await user.type(weight, "5");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(view.posted("/api/admin/deployments/d-1")?.body).toEqual({ priority: 0, weight: 5, region: "", deadlines: { connect_ms: 0, first_token_ms: 20_000, between_tokens_ms: 0 }, overrides: {} }));
});

test("keys are added, rotated, put aside and deleted; a resting one says for how long", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { "GET /api/admin/providers": [provider], [`POST ${keysPath}`]: provider, [`PATCH ${keysPath}/k-1`]: provider, [`DELETE ${keysPath}/k-2`]: undefined });
  expect(await screen.findByText("1 key resting")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "More for Acme OpenAI" }));
  await user.click(await screen.findByRole("menuitem", { name: "Keys" }));
  const dialog = await screen.findByRole("dialog", { name: "Keys of Acme OpenAI" });
  expect(dialog).toHaveTextContent(/fast: rests for \d+/);
  await user.type(within(dialog).getByRole("textbox", { name: "Name of the key" }), "third");
  await user.type(within(dialog).getByLabelText("Key", { exact: true }), "sk-3");
  await user.click(within(dialog).getByRole("button", { name: "Add key" }));
  await waitFor(() => expect(view.posted(keysPath)?.body).toEqual({ name: "third", secret: "sk-3" }));
  expect(within(dialog).getByLabelText("Key", { exact: true })).toHaveValue("");
  await user.click(within(dialog).getByRole("switch", { name: "Use main" }));
  await waitFor(() => expect(view.asked.some((a) => a.method === "PATCH" && JSON.stringify(a.body) === '{"enabled":false}')).toBe(true));
  await user.click(within(dialog).getByRole("button", { name: "More for main" }));
  await user.click(await screen.findByRole("menuitem", { name: "Rotate" }));
  await user.type(within(dialog).getByLabelText("New key"), "sk-new");
  await user.click(within(dialog).getByRole("button", { name: "Rotate" }));
  await waitFor(() => expect(view.asked.some((a) => a.method === "PATCH" && JSON.stringify(a.body) === '{"secret":"sk-new"}')).toBe(true));
});

test("fallbacks are put in order with the keyboard and saved as a whole", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [alias], [routing]: open, "PUT /api/admin/aliases": alias }, { url: "/?view=aliases" });
  expect(await screen.findByRole("listitem", { name: "best" })).toHaveTextContent(/fast→.*deep.*when too long: deep/);
  await user.click(screen.getByRole("button", { name: "Edit best" }));
  const dialog = await screen.findByRole("dialog", { name: "Edit best" });
  within(dialog).getByRole("button", { name: /Move deep/ }).focus();
  await user.keyboard("{ArrowUp}");
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  await waitFor(() => expect(view.posted("/api/admin/aliases")?.body).toEqual({ name: "best", targets: ["deep", "fast"], larger: "deep", regions: [] }));
});

test("a new alias needs a name and a model", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [], [routing]: open }, { url: "/?view=aliases" });
  await user.click((await screen.findAllByRole("button", { name: "Create alias" }))[0]!);
  const dialog = await screen.findByRole("dialog", { name: "Create alias" });
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  expect(await within(dialog).findByText("This is needed.")).toBeVisible();
  expect(within(dialog).getByText("Add at least one model.")).toBeVisible();
  expect(within(dialog).getByRole("textbox", { name: "Name" })).toHaveFocus();
  expect(view.posted("/api/admin/aliases")).toBeUndefined();
});

test("a price is set from now on, with its history below", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { "GET /api/admin/prices": [priced], "POST /api/admin/prices": priced }, { url: "/?view=prices" });
  await user.click(await screen.findByRole("row", { name: /gpt-5\.2.*Set by hand.*\$1\.00.*\$8\.00/ }));
  const drawer = await screen.findByRole("dialog");
  expect(drawer).toHaveTextContent("The catalogue says $1.25 in, $10.00 out.");
  expect(drawer).toHaveTextContent(/Contract of November/);
  const input = within(drawer).getByRole("textbox", { name: "Input" });
  await user.clear(input);
  await user.type(input, "x");
  await user.click(within(drawer).getByRole("button", { name: "Set price" }));
  expect(await within(drawer).findByRole("alert")).toBeVisible();
  await user.clear(input);
  await user.type(input, "0,9");
  await user.click(within(drawer).getByRole("button", { name: "Set price" }));
  await waitFor(() => expect(view.posted("/api/admin/prices")?.body).toEqual({ provider_id: "p-1", upstream: "gpt-5.2", input_nano_usd: 900_000_000, output_nano_usd: 8_000_000_000 }));
});

test("a route says who would answer, who comes after, and who is passed over and why", async () => {
  const user = userEvent.setup();
  const answer: RouteAnswer = {
    model: "best", alias, chosen: "d-2", candidates: [
      { deployment_id: "d-2", deployment: "Acme · deep", provider: "Acme", priority: 0, weight: 1, qualifies: true, in_flight: 0, why: "affinity", affine: true, translated: true, losses: ["logit_bias"] },
      { deployment_id: "d-3", deployment: "Acme · other", provider: "Acme", priority: 0, weight: 1, qualifies: true, in_flight: 2, why: "load", score: 1240 },
      { deployment_id: "d-1", deployment: "Acme · fast", provider: "Acme", priority: 0, weight: 1, qualifies: false, reason: "circuit", in_flight: 3 },
    ],
  };
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [alias], "GET /api/admin/keys": [], "POST /api/admin/route/explain": answer }, { url: "/?view=explain&model=best" });
  await user.click(await screen.findByRole("combobox", { name: "Ask as" }));
  await user.click(await screen.findByRole("option", { name: "Developer" }));
  await user.click(screen.getByRole("button", { name: "Explain" }));
  expect(await screen.findByText("Acme · deep would answer.")).toBeVisible();
  const order = within(screen.getByRole("list", { name: "Candidates in order" })).getAllByRole("listitem");
  expect(order[0]).toHaveTextContent(/1.*Acme · deep.*Chosen.*has the conversation in its cache.*translated.*logit_bias/);
  expect(order[1]).toHaveTextContent(/2.*Acme · other.*less busy.*load 1\.2 s/);
  expect(order[2]).toHaveTextContent(/Acme · fast.*Circuit open/);
  expect(view.posted("/api/admin/route/explain")?.body).toEqual({ model: "best", surface: "chat", strict: false, role: "developer" });
});

test("each view has its empty and its error face", async () => {
  await renderPage(ProvidersPage, { [deployments]: [] }, { url: "/?view=deployments" });
  expect(await screen.findByText("No deployments yet")).toBeVisible();
  await renderPage(ProvidersPage, { "GET /api/admin/prices": problem(500, "internal", { id: "abc12345" }) }, { url: "/?view=prices" });
  expect(await screen.findByText("Quote abc12345 when you report this")).toBeVisible();
});

test("who may only read gets no acts", async () => {
  await renderPage(ProvidersPage, { [deployments]: [deployment], [aliases]: [alias], [routing]: open }, { url: "/?view=aliases", me: { ...ana, permissions: ["providers.read"] } });
  expect(await screen.findByRole("listitem", { name: "best" })).toBeVisible();
  expect(screen.queryByRole("button", { name: /Edit|Create/ })).not.toBeInTheDocument();
});

test.each([["", undefined], ["1,25", 1.25e9], ["0", 0], ["-1", NaN], ["x", NaN]])("dollars typed as %j are %s", (text, nano) => expect(dollarsOf(text)).toEqual(nano));
test.each(["en", "pt-PT"])("a price survives being shown and typed again in %s", (language) => {
  for (const nano of [0, 1, 150_000_000, 1_250_000_000]) expect(dollarsOf(dollarText(nano, createFormat(language)))).toBe(nano);
});

test("an alias has its cap, its hedge and its regions; what is left empty is gone", async () => {
  const user = userEvent.setup();
  const bounded: Alias = { ...alias, regions: ["eu"], max_input_nano_usd: 2_500_000_000, hedge_after_ms: 1500 };
  const policy: RoutingPolicy = { regions: [], roles: [{ role: "member", models: ["fast"] }, { role: "developer", models: ["be*"] }] };
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [bounded], [routing]: policy, "PUT /api/admin/aliases": bounded }, { url: "/?view=aliases" });
  const row = await screen.findByRole("listitem", { name: "best" });
  await waitFor(() => expect(row).toHaveTextContent(/only eu.*at most \$2\.50 a million in.*a second one after 1\.5 s.*not for Member/));
  expect(row).not.toHaveTextContent(/Developer/);
  await user.click(screen.getByRole("button", { name: "Edit best" }));
  const dialog = await screen.findByRole("dialog", { name: "Edit best" });
  expect(dialog).toHaveTextContent("not for Member");
  const output = within(dialog).getByRole("textbox", { name: /Output at most/ });
  await user.type(output, "x");
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  expect(output).toHaveFocus();
  expect(output).toBeInvalid();
  await user.clear(output);
  await user.type(output, "10");
  await user.clear(within(dialog).getByRole("textbox", { name: /Input at most/ }));
  const delay = within(dialog).getByRole("textbox", { name: "Seconds to wait for the first token" });
  expect(delay).toHaveValue("1.5");
  await user.clear(delay);
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  expect(await within(dialog).findByText("Seconds up to 600, such as 10 or 0.5.")).toBeVisible();
  expect(view.posted("/api/admin/aliases")).toBeUndefined();
  await user.type(delay, "0,8");
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  await waitFor(() => expect(view.posted("/api/admin/aliases")?.body).toEqual({ name: "best", targets: ["fast", "deep"], larger: "deep", regions: ["eu"], max_output_nano_usd: 10_000_000_000, hedge_after_ms: 800 }));
});

test("an alias that was deleted can be had back", async () => {
  // The toast comes in the very render in which the panel goes; jsdom then takes it for covered, browsers do not.
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const bounded: Alias = { ...alias, regions: ["eu"], hedge_after_ms: 1500 };
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [bounded], [routing]: open, "DELETE /api/admin/aliases": undefined, "PUT /api/admin/aliases": bounded }, { url: "/?view=aliases" });
  await user.click(await screen.findByRole("button", { name: "Edit best" }));
  await user.click(await screen.findByRole("button", { name: "Delete alias" }));
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => expect(view.asked.filter((a) => a.method !== "GET").map((a) => [a.method, a.body])).toEqual([["DELETE", undefined], ["PUT", bounded]]));
});

test("hedging is switched on with a usual delay, and off again", async () => {
  const user = userEvent.setup();
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [alias], [routing]: open, "PUT /api/admin/aliases": alias }, { url: "/?view=aliases" });
  await user.click(await screen.findByRole("button", { name: "Edit best" }));
  const dialog = await screen.findByRole("dialog", { name: "Edit best" });
  const hedge = within(dialog).getByRole("checkbox", { name: "Ask a second deployment when the first is late" });
  expect(within(dialog).queryByRole("textbox", { name: /Seconds to wait/ })).not.toBeInTheDocument();
  await user.click(hedge);
  expect(within(dialog).getByRole("textbox", { name: /Seconds to wait/ })).toHaveValue("2");
  await user.click(hedge);
  await user.click(within(dialog).getByRole("button", { name: "Save alias" }));
  await waitFor(() => expect(view.posted("/api/admin/aliases")?.body).not.toHaveProperty("hedge_after_ms"));
});

test("the rules for all calls say which role may ask for which models, and are saved as a whole", async () => {
  const user = userEvent.setup();
  const policy: RoutingPolicy = { regions: ["eu"], max_output_nano_usd: 15e9, roles: [{ role: "member", models: ["fast"] }] };
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [], [routing]: policy, "GET /api/models": [{ id: "fast" }, { id: "deep" }], "PUT /api/admin/routing": policy }, { url: "/?view=aliases" });
  expect(await screen.findByText(/only eu · at most \$15\.00 a million out · Member: 1 model/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Edit rules" }));
  const dialog = await screen.findByRole("dialog", { name: "Rules for all calls" });
  const members = within(dialog).getByRole("list", { name: "Member" });
  expect(within(members).getByRole("checkbox", { name: "fast" })).toBeChecked();
  await user.click(within(members).getByRole("checkbox", { name: "fast" }));
  await user.click(within(dialog).getByRole("button", { name: "Save rules" }));
  expect(await within(dialog).findByText("Choose at least one, or any model.")).toBeVisible();
  expect(view.posted("/api/admin/routing")).toBeUndefined();
  await user.click(within(members).getByRole("checkbox", { name: "deep" }));
  await user.click(within(within(dialog).getByRole("group", { name: "Developer" })).getByRole("radio", { name: "Only these" }));
  await user.click(within(within(dialog).getByRole("list", { name: "Developer" })).getByRole("checkbox", { name: "fast" }));
  await user.clear(within(dialog).getByRole("textbox", { name: /Only regions/ }));
  await user.type(within(dialog).getByRole("textbox", { name: /Input at most/ }), "3");
  await user.click(within(dialog).getByRole("button", { name: "Save rules" }));
  await waitFor(() => expect(view.posted("/api/admin/routing")?.body).toEqual({ regions: [], max_input_nano_usd: 3e9, max_output_nano_usd: 15e9, roles: [{ role: "developer", models: ["fast"] }, { role: "member", models: ["deep"] }] }));
});

test("what a model can do is set by hand over the catalogue, and given back to it", async () => {
  const user = userEvent.setup();
  const set: Deployment = { ...deployment, deadlines: { first_token_ms: 500 }, overrides: { context_tokens: 32_000, tools: false } };
  const view = await renderPage(ProvidersPage, { [deployments]: [set], "PATCH /api/admin/deployments/d-1": set }, { url: "/?view=deployments&open=d-1" });
  const drawer = await screen.findByRole("dialog", { name: "fast" });
  expect(drawer).toHaveTextContent("first token 500 ms");
  expect(within(drawer).getByRole("link", { name: "Set price" })).toHaveAttribute("href", expect.stringContaining("view=prices"));
  await user.click(within(drawer).getByRole("button", { name: "Edit" }));
  expect(within(drawer).getByRole("textbox", { name: "First token (s)" })).toHaveValue("0.5");
  const context = within(drawer).getByRole("textbox", { name: "Context (tokens)" });
  expect(context).toHaveValue("32000");
  await user.clear(context);
  await user.type(within(drawer).getByRole("textbox", { name: "Longest answer (tokens)" }), "8.000");
  await user.click(within(drawer).getByRole("combobox", { name: "Calls tools" }));
  await user.click(await screen.findByRole("option", { name: "What the catalogue says" }));
  await user.click(within(drawer).getByRole("combobox", { name: "Reads images" }));
  await user.click(await screen.findByRole("option", { name: "No" }));
  const connect = within(drawer).getByRole("textbox", { name: "Connect (s)" });
  await user.type(connect, "601");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  expect(await within(drawer).findByText("Seconds up to 600, such as 10 or 0.5.")).toBeVisible();
  expect(connect).toHaveFocus();
  await user.clear(connect);
  await user.type(connect, "2,5");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(view.posted("/api/admin/deployments/d-1")?.body).toEqual({ priority: 0, weight: 2, region: "", deadlines: { connect_ms: 2500, first_token_ms: 500, between_tokens_ms: 0 }, overrides: { images: false, max_output_tokens: 8000 } }));
});

test("calls are shared by weight among those that are asked first", () => {
  const of = (id: string, more: Partial<Deployment>): Deployment => ({ ...deep, id, ...more });
  const all = [of("a", { weight: 3 }), of("b", { weight: 1 }), of("c", { priority: 1, weight: 9 }), of("d", { enabled: false }), of("e", { model: "other" })];
  expect(sharesOf(all, "deep").map((one) => [one.deployment.id, one.share])).toEqual([["a", 0.75], ["b", 0.25]]);
  expect(sharesOf([], "deep")).toEqual([]);
});

test.each([["", 0], ["2", 2000], ["0,5", 500], ["0.001", 1], ["600", 600_000], ["601", NaN], ["1e3", NaN], ["-1", NaN]])("seconds typed as %j are %s ms", (text, ms) => expect(millisOf(text, 600)).toEqual(ms));
test.each(["en", "pt-PT"])("a deadline survives being shown and typed again in %s", (language) => {
  for (const ms of [0, 1, 500, 1500, 20_000]) expect(millisOf(secondsText(ms, createFormat(language)), 3600)).toBe(ms);
});
