import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Provider, ProviderKind, ProviderTest } from "@/api";
import { createFormat } from "@/i18n/format";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { choiceOf, choicesOf, kindOf, modelsOf, priceOf, wrongWith } from "./choice";
import { ProvidersPage } from "./ProvidersPage";

const local: Provider = { id: "p-0", name: "This server", kind: "local", has_key: false, keys: [], enabled: true, models: [{ id: "qwen2.5-coder-1.5b", upstream: "qwen2.5-coder-1.5b", kind: "chat" }], state: "ready", source: "builtin", created_at: "2026-01-02T10:00:00Z" };
const rack: Provider = { ...local, id: "p-1", name: "Rack", kind: "openai", base_url: "https://rack.example.com/v1", has_key: true, state: "untested", source: "file", models: [] };
const works: ProviderTest = { ok: true, latency_ms: 912, first_token_ms: 180, models: ["gpt-5.2", "text-embedding-4"], answer: "Hello there.", tested_model: "gpt-5.2" };
const kinds: ProviderKind[] = [
  { kind: "anthropic", name: "Anthropic", base_url: "https://api.anthropic.com/v1", key: true },
  { kind: "openai", name: "OpenAI", base_url: "https://api.openai.com/v1", key: true },
  { kind: "azure", name: "Azure OpenAI", example: "https://example.openai.azure.com/openai", key: true, api_version: "2024-10-21" },
  { kind: "compatible", name: "OpenAI-compatible", example: "https://api.example.com/v1", key: false },
];
const known = { "GET /api/admin/provider-kinds": kinds };
const list = "GET /api/admin/providers";
const item = (name: string) => screen.findByRole("listitem", { name });

test("an endpoint is added, tested, and its models are chosen", async () => {
  const user = userEvent.setup();
  const page = await renderPage(ProvidersPage, { ...known, [list]: [local], "POST /api/admin/providers": rack, "POST /api/admin/providers/p-1/test": works, "PATCH /api/admin/providers/p-1": rack });
  await user.click(await screen.findByRole("button", { name: "Add provider" }));
  const dialog = (await screen.findByRole("textbox", { name: "Name" })).closest<HTMLElement>("[role=dialog]")!;
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Rack");
  await user.type(within(dialog).getByRole("textbox", { name: "Base URL" }), "rack");
  await user.click(within(dialog).getByRole("button", { name: "Add and test" }));
  expect(within(dialog).getByRole("textbox", { name: "Base URL" })).toHaveFocus();
  await user.clear(within(dialog).getByRole("textbox", { name: "Base URL" }));
  await user.type(within(dialog).getByRole("textbox", { name: "Base URL" }), "https://rack.example.com/v1");
  await user.type(within(dialog).getByLabelText(/API key/), "sk-1");
  await user.click(within(dialog).getByRole("button", { name: "Add and test" }));
  const models = await screen.findByRole("dialog", { name: "Models of Rack" });
  expect(within(models).getByText("Hello there.")).toBeVisible();
  await user.click(within(models).getByRole("checkbox", { name: "Offer gpt-5.2" }));
  await user.type(within(models).getByRole("textbox", { name: "Input price" }), "1,25");
  await user.click(within(models).getByRole("button", { name: "Save models" }));
  expect(await screen.findByText("Rack is saved")).toBeInTheDocument();
  expect(page.posted("/api/admin/providers")?.body).toEqual({ name: "Rack", kind: "compatible", base_url: "https://rack.example.com/v1", api_key: "sk-1" });
  expect(page.posted("/api/admin/providers/p-1")?.body).toEqual({ models: [{ id: "gpt-5.2", upstream: "gpt-5.2", kind: "chat", input_nano_usd: 1_250_000 }] });
});

test("an address that the server may not reach is said at its field, with what the operator can do", async () => {
  const user = userEvent.setup();
  await renderPage(ProvidersPage, { ...known, [list]: [local], "POST /api/admin/providers": problem(403, "egress.refused", { errors: [{ at: "body.base_url", message: "" }] }) });
  await user.click(await screen.findByRole("button", { name: "Add provider" }));
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Inside");
  await user.type(screen.getByRole("textbox", { name: "Base URL" }), "http://10.0.4.2:8000/v1");
  await user.click(screen.getByRole("button", { name: "Add and test" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This server may not reach that address.");
  expect(screen.getByText(/NEXUS_ALLOW_NET/)).toBeVisible();
  expect(screen.getByRole("textbox", { name: "Base URL" })).toHaveValue("http://10.0.4.2:8000/v1");
});

test("a kind brings what the server says of it, but takes away no address that was written by hand", async () => {
  const user = userEvent.setup();
  await renderPage(ProvidersPage, { ...known, [list]: [local] });
  await user.click(await screen.findByRole("button", { name: "Add provider" }));
  const url = await screen.findByRole("textbox", { name: "Base URL" });
  const choose = async (name: string) => {
    await user.click(screen.getByRole("combobox", { name: "Kind" }));
    await user.click(await screen.findByRole("option", { name }));
  };
  expect(url).toHaveValue("");
  expect(screen.getByText("Such as https://api.example.com/v1")).toBeVisible();
  await choose("Anthropic");
  expect(url).toHaveValue("https://api.anthropic.com/v1");
  await choose("Azure OpenAI");
  expect(url).toHaveValue("");
  expect(screen.getByText("Such as https://example.openai.azure.com/openai")).toBeVisible();
  expect(screen.getByRole("textbox", { name: "API version" })).toHaveValue("2024-10-21");
  await user.type(url, "https://mine.example.com/v1");
  await choose("OpenAI");
  expect(url).toHaveValue("https://mine.example.com/v1");
});

test("without the list of kinds the form says why, and tries again", async () => {
  const user = userEvent.setup();
  let down = true;
  await renderPage(ProvidersPage, { [list]: [local], "GET /api/admin/provider-kinds": () => (down ? problem(400, "request.invalid") : kinds) });
  await user.click(await screen.findByRole("button", { name: "Add provider" }));
  const dialog = await screen.findByRole("dialog", { name: "Add provider" });
  const again = await within(dialog).findByRole("button", { name: "Try again" });
  down = false;
  await user.click(again);
  expect(await screen.findByRole("textbox", { name: "Base URL" })).toBeVisible();
});

test("a key does not follow its endpoint to another address", async () => {
  const user = userEvent.setup();
  const page = await renderPage(ProvidersPage, { ...known, [list]: [rack] });
  await user.click(await screen.findByRole("button", { name: "More for Rack" }));
  await user.click(await screen.findByRole("menuitem", { name: "Edit" }));
  const url = await screen.findByRole("textbox", { name: "Base URL" });
  await user.clear(url);
  await user.type(url, "https://other.example.com/v1");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Enter the key again for the new address.")).toBeVisible();
  expect(page.posted("/api/admin/providers/p-1")).toBeUndefined();
});

test("a failed test says what went wrong in the row", async () => {
  const user = userEvent.setup();
  await renderPage(ProvidersPage, {
    [list]: [rack],
    "POST /api/admin/providers/p-1/test": { ok: false, latency_ms: 12, models: [], problem: problem(502, "upstream.refused", { detail: "The endpoint answered 401." }) },
  });
  await user.click(within(await item("Rack")).getByRole("button", { name: "Test" }));
  expect(await screen.findByText("Rack does not answer as it should")).toBeVisible();
  expect(screen.getByText(/The endpoint answered 401\./)).toBeVisible();
});

test("a test that takes long can be called off", async () => {
  const user = userEvent.setup();
  const page = await renderPage(ProvidersPage, {
    [list]: [rack],
    "POST /api/admin/providers/p-1/test": ({ signal }: Asked) => new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  });
  await user.click(within(await item("Rack")).getByRole("button", { name: "Test" }));
  expect(await screen.findByText("Making a real call to Rack")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByText("Making a real call to Rack")).not.toBeInTheDocument());
  expect(page.asked.find((a) => a.method === "POST")?.signal?.aborted).toBe(true);
  expect(within(await item("Rack")).getByRole("button", { name: "Test" })).toBeEnabled();
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Close" })).not.toBeInTheDocument(); // nor is it called a failure
});

test("the built-in one can be disabled, with undo, but not deleted", async () => {
  const user = userEvent.setup();
  const page = await renderPage(ProvidersPage, { [list]: [local], "PATCH /api/admin/providers/p-0": { ...local, enabled: false } });
  expect(within(await item("This server")).queryByRole("button", { name: /More/ })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Disable" }));
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  expect(page.asked.filter((a) => a.method === "PATCH").map((a) => a.body)).toEqual([{ enabled: false }, { enabled: true }]);
});

test("deleting asks for the name", async () => {
  const user = userEvent.setup();
  const page = await renderPage(ProvidersPage, { [list]: [rack], "DELETE /api/admin/providers/p-1": undefined });
  await user.click(await screen.findByRole("button", { name: "More for Rack" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  const sure = await screen.findByRole("dialog", { name: "Delete Rack?" });
  expect(within(sure).getByRole("button", { name: "Delete provider" })).toBeDisabled();
  await user.type(within(sure).getByRole("textbox"), "Rack");
  await user.click(within(sure).getByRole("button", { name: "Delete provider" }));
  expect(await screen.findByText("Rack is deleted")).toBeInTheDocument();
  expect(page.posted("/api/admin/providers/p-1")?.method).toBe("DELETE");
});

test("who may only read sees states and models, and no acts", async () => {
  await renderPage(ProvidersPage, { [list]: [local, rack] }, { me: { ...ana, permissions: ["providers.read"] } });
  expect(await item("Rack")).toHaveTextContent("Not tested");
  expect(screen.queryByRole("button")).not.toBeInTheDocument();
});

test.each([["en", "1.25"], ["pt-BR", "1,25"]])("what is offered comes first, and prices are dollars per million tokens, typed as in %s", (language, price) => {
  const offered = [{ id: "fast", upstream: "gpt-5.2", kind: "chat" as const, input_nano_usd: 1_250_000 }];
  const choices = choicesOf(offered, ["bge-m3", "gpt-5.2"], createFormat(language));
  expect(choices.map((c) => [c.upstream, c.chosen, c.input])).toEqual([["gpt-5.2", true, price], ["bge-m3", false, ""]]);
  expect(modelsOf(choices)).toEqual(offered);
  expect(kindOf("bge-m3")).toBe("embedding");
  expect(kindOf("gpt-5.2")).toBe("chat");
});

test.each([
  ["", undefined], ["0", 0], ["0,15", 150_000], ["1.25", 1_250_000], ["-1", Number.NaN], ["a", Number.NaN],
])("a price typed as %j is %s", (text, nano) => expect(priceOf(text)).toEqual(nano));

test("two models cannot have one id", () => {
  expect(wrongWith([choiceOf("a", true), { ...choiceOf("b", true), id: "a" }])).toEqual({ why: "twice", at: "b", id: "a" });
  expect(wrongWith([{ ...choiceOf("a", true), id: " " }])?.why).toBe("id");
  expect(wrongWith([{ ...choiceOf("a", true), output: "x" }])?.why).toBe("price");
  expect(wrongWith([choiceOf("a"), choiceOf("a", true)])).toBeUndefined();
});
