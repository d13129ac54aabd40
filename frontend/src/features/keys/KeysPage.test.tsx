import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Key } from "@/api";
import { ana, renderPage } from "@/test/page";
import { endOf } from "./expiry";
import { examples } from "./example";
import { keyState } from "./keyState";
import { KeysPage } from "./KeysPage";

const ci: Key = { id: "k-1", name: "CI", prefix: "nxs_live_4Fq2", scopes: ["models.use"], models: [], created_by: "Ana Example", created_at: "2026-01-02T10:00:00Z" };
const old: Key = { ...ci, id: "k-2", name: "Old", revoked_at: "2026-01-03T10:00:00Z" };
const list = "GET /api/admin/keys";
const models = { "GET /api/models": [{ id: "qwen2.5-coder-1.5b", name: "Qwen", kind: "chat", family: "qwen", local: false, provider: "", state: "ready" }] };

test("a key is shown once, with an example that works", async () => {
  const user = userEvent.setup();
  const page = await renderPage(KeysPage, { [list]: [ci], ...models, "POST /api/admin/keys": { key: { ...ci, id: "k-9", name: "Nightly" }, secret: "nxs_live_secret" } });
  await user.click(await screen.findByRole("button", { name: "Create key" }));
  const dialog = await screen.findByRole("dialog", { name: "Create key" });
  await user.click(within(dialog).getByRole("button", { name: "Create key" }));
  expect(within(dialog).getByRole("textbox", { name: "Name" })).toBeInvalid();
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Nightly");
  await user.click(within(dialog).getByRole("checkbox", { name: "Read inference logs" }));
  await user.click(within(dialog).getByRole("button", { name: "Create key" }));
  const shown = await screen.findByRole("dialog", { name: "“Nightly” is ready" });
  expect(within(shown).getByRole("textbox", { name: "Key" })).toHaveValue("nxs_live_secret");
  const example = within(shown).getByRole("region", { name: "Try it" });
  expect(await within(shown).findByText(/qwen2\.5-coder-1\.5b/)).toBeVisible();
  expect(example).toHaveTextContent("curl http://nexus.test/v1/chat/completions");
  const body = page.posted("/api/admin/keys")?.body as { scopes: string[]; expires_at: string };
  expect(body.scopes).toEqual(["models.use", "logs.read"]);
  expect(Date.parse(body.expires_at)).toBeGreaterThan(Date.now() + 89 * 86_400_000);
  await user.keyboard("{Escape}");
  expect(screen.queryByDisplayValue("nxs_live_secret")).not.toBeInTheDocument();
});

test("a key can take old answers or forbid that anything is kept, and its facts say so", async () => {
  const user = userEvent.setup();
  const page = await renderPage(KeysPage, { [list]: [{ ...ci, cache: true, private: true }], ...models, "POST /api/admin/keys": { key: ci, secret: "nxs_live_secret" } });
  await user.click(await screen.findByText("CI"));
  expect(within(await screen.findByRole("dialog", { name: "CI" })).getByText("Old answers")).toBeVisible();
  expect(screen.getByText("Never kept")).toBeVisible();
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "Create key" }));
  const dialog = await screen.findByRole("dialog", { name: "Create key" });
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Nightly");
  await user.click(within(dialog).getByRole("checkbox", { name: "Answer the same request only once" }));
  await user.click(within(dialog).getByRole("checkbox", { name: "Never keep prompts and answers" }));
  await user.click(within(dialog).getByRole("button", { name: "Create key" }));
  expect(await screen.findByDisplayValue("nxs_live_secret")).toBeVisible();
  expect(page.posted("/api/admin/keys")?.body).toMatchObject({ cache: true, private: true });
});

test("a key is good for some models only: chosen from the list, or all that begin with a text", async () => {
  const user = userEvent.setup();
  const two = { "GET /api/models": [...models["GET /api/models"], { id: "gpt-5.2", name: "GPT", kind: "chat", family: "openai", local: false, provider: "", state: "ready" }] };
  const view = await renderPage(KeysPage, { [list]: [ci], ...two, "POST /api/admin/keys": { key: { ...ci, id: "k-9", name: "Nightly", models: ["gpt-5.2", "claude-*"] }, secret: "nxs_live_secret" } });
  await user.click(await screen.findByRole("button", { name: "Create key" }));
  const dialog = await screen.findByRole("dialog", { name: "Create key" });
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Nightly");
  await user.click(within(dialog).getByRole("radio", { name: "Only these" }));
  await user.click(within(dialog).getByRole("button", { name: "Create key" }));
  expect(await within(dialog).findByText("Choose at least one, or any model.")).toBeVisible();
  expect(view.posted("/api/admin/keys")).toBeUndefined();
  await user.click(await within(dialog).findByRole("checkbox", { name: "gpt-5.2" }));
  await user.type(within(dialog).getByRole("searchbox", { name: /Find a model/ }), "claude-*{Enter}");
  expect(view.posted("/api/admin/keys")).toBeUndefined(); // Enter adds, it does not send
  expect(within(dialog).getByRole("checkbox", { name: /claude-\*.*no model now/ })).toBeChecked();
  await user.click(within(dialog).getByRole("button", { name: "Create key" }));
  await screen.findByDisplayValue("nxs_live_secret");
  expect(view.posted("/api/admin/keys")?.body).toMatchObject({ models: ["gpt-5.2", "claude-*"] });
  expect(await screen.findByText(/"model":"gpt-5\.2"/)).toBeVisible(); // the example asks for one that it may use
});

test("the models of a key are shown, and changed for its next calls", async () => {
  const user = userEvent.setup();
  const bound = { ...ci, models: ["qwen2.5-coder-1.5b", "gpt-*"] };
  const view = await renderPage(KeysPage, { [list]: [bound], ...models, "PATCH /api/admin/keys/k-1": bound });
  await user.click(await screen.findByText("CI"));
  const drawer = await screen.findByRole("dialog", { name: "CI" });
  expect(within(drawer).getByText("qwen2.5-coder-1.5b, gpt-*")).toBeVisible();
  await user.click(within(drawer).getByRole("button", { name: "Change models" }));
  await user.click(await within(drawer).findByRole("checkbox", { name: /^gpt-\*/ }));
  await user.click(within(drawer).getByRole("button", { name: "Save models" }));
  expect(await screen.findByText("The models of “CI” are saved")).toBeInTheDocument();
  expect(view.posted("/api/admin/keys/k-1")?.body).toEqual({ models: ["qwen2.5-coder-1.5b"] });
  await user.click(await within(drawer).findByRole("button", { name: "Change models" }));
  await user.click(within(drawer).getByRole("radio", { name: "Any model" }));
  await user.click(within(drawer).getByRole("button", { name: "Save models" }));
  await waitFor(() => expect(view.asked.filter((a) => a.method === "PATCH").at(-1)?.body).toEqual({ models: [] }));
});

test("revoking names what will stop, and asks first", async () => {
  const user = userEvent.setup();
  const page = await renderPage(KeysPage, { [list]: [ci, old], "DELETE /api/admin/keys/k-1": undefined });
  await user.click(within(await screen.findByRole("row", { name: /CI/ })).getByRole("button", { name: "Revoke" }));
  const sure = await screen.findByRole("dialog", { name: "Revoke “CI”?" });
  expect(sure).toHaveTextContent("nxs_live_4Fq2…");
  expect(page.posted("/api/admin/keys/k-1")).toBeUndefined();
  await user.click(within(sure).getByRole("button", { name: "Revoke" }));
  expect(await screen.findByText("“CI” is revoked")).toBeInTheDocument();
  expect(page.posted("/api/admin/keys/k-1")?.method).toBe("DELETE");
});

test("a revoked key is kept, without an act", async () => {
  await renderPage(KeysPage, { [list]: [old] });
  expect(within(await screen.findByRole("row", { name: /Old.*Revoked/ })).queryByRole("button")).not.toBeInTheDocument();
});

test("without the permission nothing can be made or revoked", async () => {
  await renderPage(KeysPage, { [list]: [ci] }, { me: { ...ana, permissions: ["keys.read"] } });
  expect(within(await screen.findByRole("row", { name: /CI/ })).queryByRole("button")).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Create key" })).not.toBeInTheDocument();
});

test.each([
  ["active", {}],
  ["active", { expires_at: "2026-03-01T00:00:00Z" }],
  ["ending", { expires_at: "2026-01-06T00:00:00Z" }],
  ["expired", { expires_at: "2026-01-01T00:00:00Z" }],
  ["revoked", { expires_at: "2026-01-01T00:00:00Z", revoked_at: "2026-01-01T00:00:00Z" }],
] as const)("a key is %s with %o", (state, more) => {
  expect(keyState({ ...ci, ...more }, new Date("2026-01-02T00:00:00Z"))).toBe(state);
});

test("quotes in an example cannot end it", () => {
  const made = examples.curl({ baseUrl: "http://x/v1", secret: "s", model: "a'b", hello: "it's" });
  expect(made).toContain(`"model":"a'\\''b"`);
  expect(endOf("never", new Date())).toBeUndefined();
});

test("the column of buttons has a name that is read aloud, and no place in the file", async () => {
  const user = userEvent.setup();
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(decodeURIComponent(this.href));
  });
  await renderPage(KeysPage, { [list]: [ci] });
  expect(await screen.findByRole("columnheader", { name: "Actions" })).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Export as CSV" }));
  expect(saved[0]).toContain("Name,Key,Can do,Models,State,Expires,Last used,Created by,Created\r\nCI,");
  vi.restoreAllMocks();
});
