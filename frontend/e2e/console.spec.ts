import type { Page } from "@playwright/test";
import { accessible, expect, test } from "./stack";
import { model, owner, type Server } from "./processes";

async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/console`);
  await page.getByRole("textbox", { name: "Email" }).fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Dashboard" })).toBeVisible();
}

/** One call of an API client, as a script would make it. */
async function call(server: Server, key: string, text: string): Promise<void> {
  const answer = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, max_tokens: 12, messages: [{ role: "user", content: text }] }),
  });
  expect(answer.status).toBe(200);
}

test("a one-time link opens the console, once", async ({ page, server }) => {
  const link = server.ctl(["link", "create", "--user", owner.email, "--console", "--url", server.url]).split(/\s+/).find((word) => word.startsWith("http")) ?? "";
  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Dashboard" })).toBeVisible();
  expect(page.url()).not.toContain("link=");
  await page.context().clearCookies();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(page.getByText("This link does not work any more")).toBeVisible();
});

test("an API key is created, used, seen in the logs and revoked", async ({ page, server }) => {
  await signIn(page, server);
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("button", { name: "Create key" }).first().click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Nightly report");
  await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
  const key = await page.getByRole("textbox", { name: "Key", exact: true }).inputValue();
  expect(key).toMatch(/^nxs_[a-z]+_[0-9A-Za-z]+$/);
  await accessible(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("row", { name: /Nightly report/ })).toBeVisible();

  await page.getByRole("link", { name: "Inference logs" }).click();
  await accessible(page);
  await call(server, key, "Say hello.");
  const row = page.getByRole("row", { name: /Nightly report/ }).first();
  await expect(row).toContainText(model);
  await row.click();
  await expect(page.getByRole("dialog")).toContainText("Nightly report");
  await page.keyboard.press("Escape");

  await page.getByRole("link", { name: "Dashboard" }).click();
  await accessible(page);
  await call(server, key, "Say hello again.");

  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByRole("row", { name: /Nightly report/ }).click();
  await page.getByRole("button", { name: "Revoke" }).first().click();
  await page.getByRole("dialog").last().getByRole("button", { name: /Revoke/ }).last().click();
  await expect
    .poll(async () => (await fetch(`${server.url}/v1/models`, { headers: { Authorization: `Bearer ${key}` } })).status, { timeout: 5000 })
    .toBe(401);

  await page.getByRole("link", { name: "Audit" }).click();
  await accessible(page);
  await expect(page.getByRole("row", { name: /Nightly report/ })).toHaveCount(2);
});

test("a member is invited, joins, and is disabled", async ({ page, server, browser }) => {
  await signIn(page, server);
  await page.getByRole("link", { name: "Users" }).click();
  await accessible(page);
  await page.getByRole("button", { name: "Invite user" }).first().click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Email" }).fill("rui@acme.test");
  await page.getByRole("dialog").getByRole("button", { name: /Invite/ }).click();
  const link = await page.getByRole("textbox", { name: "Link", exact: true }).inputValue();
  await page.keyboard.press("Escape");

  const guest = await (await browser.newContext()).newPage();
  await guest.goto(link);
  await guest.getByRole("textbox", { name: "Name" }).fill("Rui Exemplo");
  await guest.getByLabel("Password", { exact: true }).fill("uma frase bem comprida");
  await guest.getByLabel("Password again").fill("uma frase bem comprida");
  await guest.getByRole("button", { name: "Join" }).click();
  await expect(guest.getByRole("button", { name: "Join" })).toHaveCount(0);
  const status = () => guest.evaluate(async () => (await fetch("/api/auth/me")).status);
  await expect.poll(status).toBe(200);

  await expect(page.getByRole("row", { name: /Rui Exemplo/ })).toBeVisible();
  await page.getByRole("row", { name: /Rui Exemplo/ }).click();
  await page.getByRole("button", { name: "Disable" }).first().click();
  const sure = page.getByRole("dialog").last().getByRole("button", { name: /Disable/ });
  if (await sure.count()) await sure.last().click();
  await expect.poll(status, { timeout: 5000 }).toBe(401);
});

test("an OpenAI-compatible endpoint is added, tested and called", async ({ page, server }) => {
  // The endpoint is this server's own /v1, reached over a real socket.
  const key = server.ctl(["key", "create", "--tenant", "acme", "--name", "loop"]);
  await signIn(page, server);
  await page.getByRole("link", { name: "Providers" }).click();
  await accessible(page);
  await page.getByRole("button", { name: "Add provider" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("Loop");
  await dialog.getByRole("textbox", { name: /Base URL/ }).fill(`${server.url}/v1`);
  await dialog.getByLabel(/API key/).fill(key);
  await dialog.getByRole("button", { name: /Add|Create|Save|Next|Continue/ }).last().click();
  await expect(page.getByText("Loop").first()).toBeVisible();
});
