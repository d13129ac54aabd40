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
async function status(server: Server, key: string, text: string, name = model): Promise<number> {
  const answer = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: name, max_tokens: 12, messages: [{ role: "user", content: text }] }),
  });
  return answer.status;
}

async function call(server: Server, key: string, text: string, name = model): Promise<void> {
  expect(await status(server, key, text, name)).toBe(200);
}

/** The audit trail shows each act with whom it was done to. */
async function told(page: Page, ...acts: [act: string, to: string][]): Promise<void> {
  await page.getByRole("link", { name: "Audit" }).click();
  for (const [act, to] of acts) await expect(page.getByRole("row").filter({ hasText: act }).filter({ hasText: to }).first()).toBeVisible();
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
  const calls = page.getByRole("term").filter({ hasText: /^Calls$/ }).locator("..");
  const counted = async () => Number(/\d+/.exec(await calls.getByRole("definition").innerText())?.[0]);
  const before = await counted();
  await call(server, key, "Say hello again.");
  await expect.poll(counted).toBe(before + 1);

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

test("a member is invited, joins, gets another role, and is disabled", async ({ page, server, browser }) => {
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
  const signedIn = () => guest.evaluate(async () => (await fetch("/api/auth/me")).status);
  await expect.poll(signedIn).toBe(200);

  await expect(page.getByRole("row", { name: /Rui Exemplo/ })).toBeVisible();
  await page.getByRole("row", { name: /Rui Exemplo/ }).click();
  await page.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: "Auditor" }).click();
  await expect(page.getByText("Rui Exemplo is now Auditor")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Disable" }).first().click();
  const sure = page.getByRole("dialog").last().getByRole("button", { name: /Disable/ });
  if (await sure.count()) await sure.last().click();
  await expect.poll(signedIn, { timeout: 5000 }).toBe(401);
  await page.keyboard.press("Escape");
  await told(page, ["Invited", "rui@acme.test"], ["Joined", "Rui Exemplo"], ["Changed the role", "Rui Exemplo"], ["Disabled", "Rui Exemplo"]);
});

test("an OpenAI-compatible endpoint is added, tested, called, disabled and enabled", async ({ page, server }) => {
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
  await dialog.getByRole("button", { name: "Add and test" }).click();
  const models = page.getByRole("dialog", { name: "Models of Loop" });
  await expect(models.getByRole("status")).toContainText("Loop answers", { timeout: 120_000 });
  await models.getByRole("checkbox", { name: `Offer ${model}` }).check();
  await models.getByRole("textbox", { name: "Id here" }).fill("around-the-corner");
  await accessible(page);
  await models.getByRole("button", { name: "Save models" }).click();
  const loop = page.getByRole("listitem", { name: "Loop" });
  await expect(loop).toContainText("around-the-corner");
  await call(server, key, "Say hello.", "around-the-corner");

  await loop.getByRole("button", { name: "Disable" }).click();
  await expect(loop).toContainText("Disabled");
  await expect.poll(() => status(server, key, "Say hello.", "around-the-corner")).toBe(404);
  await loop.getByRole("button", { name: "Enable" }).click();
  await expect.poll(() => status(server, key, "Say hello.", "around-the-corner")).toBe(200);
  await told(page, ["Added a provider", "Loop"], ["Tested a provider", "Loop"], ["Changed a provider", "Loop"]);
});
