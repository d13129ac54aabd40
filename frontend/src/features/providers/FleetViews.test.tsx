import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Alias, Deployment, PricedModel, Provider, RouteAnswer } from "@/api";
import { ana, problem, renderPage } from "@/test/page";
import { kindNames, kinds, startUrl } from "./kinds";
import { dollarsOf, dollarText } from "./price";
import { ProvidersPage } from "./ProvidersPage";

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
  expect(await within(drawer).findByText("A whole number.")).toBeVisible();
  await user.clear(weight);
  await user.type(weight, "5");
  await user.click(within(drawer).getByRole("button", { name: "Save" }));
  await waitFor(() => expect(view.posted("/api/admin/deployments/d-1")?.body).toEqual({ priority: 0, weight: 5, region: "", deadlines: { connect_ms: 0, first_token_ms: 20_000, between_tokens_ms: 0 } }));
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
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [alias], "PUT /api/admin/aliases": alias }, { url: "/?view=aliases" });
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
  const view = await renderPage(ProvidersPage, { [deployments]: [deployment, deep], [aliases]: [] }, { url: "/?view=aliases" });
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
  await renderPage(ProvidersPage, { [deployments]: [deployment], [aliases]: [alias] }, { url: "/?view=aliases", me: { ...ana, permissions: ["providers.read"] } });
  expect(await screen.findByRole("listitem", { name: "best" })).toBeVisible();
  expect(screen.queryByRole("button", { name: /Edit|Create/ })).not.toBeInTheDocument();
});

test("every kind has a place to begin, and none begins at an example", () => {
  for (const kind of kindNames) {
    expect(URL.canParse(kinds[kind].url), kind).toBe(true);
    expect(startUrl(kind)).not.toContain("example");
  }
});

test.each([["", undefined], ["1,25", 1.25e9], ["0", 0], ["-1", NaN], ["x", NaN]])("dollars typed as %j are %s", (text, nano) => expect(dollarsOf(text)).toEqual(nano));
test("a price survives being shown and typed again", () => {
  for (const nano of [0, 1, 150_000_000, 1_250_000_000]) expect(dollarsOf(dollarText(nano))).toBe(nano);
});
