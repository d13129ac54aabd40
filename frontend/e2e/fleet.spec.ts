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

const go = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();
const ask = (server: Server, key: string, name: string) =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: name, max_tokens: 8, messages: [{ role: "user", content: "Say hello." }] }),
  });

test("one question goes to a real model in the playground, and its call is in the log", async ({ page, server }) => {
  await signIn(page, server);
  await go(page, "Playground");
  await accessible(page);
  await page.getByRole("textbox", { name: "Prompt" }).fill("Say hello in one short sentence.");
  await page.keyboard.press("ControlOrMeta+Enter");
  const lane = page.getByRole("article", { name: new RegExp(`^Answer of .*${model}`) });
  await expect(lane.getByRole("link", { name: "Open in the log" })).toBeVisible({ timeout: 120_000 });
  expect((await lane.getByRole("region").innerText()).trim().length).toBeGreaterThan(2);
  await expect(lane).toContainText(/\d+ in, \d+ out/);
  await accessible(page);
  await lane.getByRole("link", { name: "Open in the log" }).click();
  await expect(page.getByRole("dialog")).toContainText(model);
  await page.goBack();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toHaveValue("Say hello in one short sentence.");

  // What a small model writes may be long: stopping is what this is about.
  await page.getByRole("textbox", { name: "Prompt" }).fill("Write a story of three thousand words about the sea.");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(lane.getByRole("paragraph").first()).toBeVisible({ timeout: 120_000 });
  await page.keyboard.press("Escape");
  await expect(lane).toContainText("Stopped.");
});

test("a limit set in the console refuses what goes over it", async ({ page, server }) => {
  await signIn(page, server);
  const key = server.ctl(["key", "create", "--tenant", "acme", "--name", "limited"]);
  await go(page, "Limits and budgets");
  await page.getByRole("radio", { name: "Limits" }).check({ force: true });
  await page.getByRole("button", { name: "Create limit" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Which" }).click();
  await page.getByRole("option", { name: /limited/ }).click();
  await dialog.getByRole("textbox", { name: "At most" }).fill("1");
  await accessible(page);
  await dialog.getByRole("button", { name: "Create limit" }).click();
  await expect(page.getByRole("row", { name: /limited.*Requests.*a minute/ })).toBeVisible();
  await accessible(page);
  await expect.poll(async () => { await ask(server, key, model); return (await ask(server, key, model)).status; }, { timeout: 60_000 }).toBe(429);
});

test("an alias made in the console answers under its name, in the order that the keyboard gave it", async ({ page, server }) => {
  const key = server.ctl(["key", "create", "--tenant", "acme", "--name", "aliased"]);
  await signIn(page, server);
  await go(page, "Models and providers");
  await accessible(page);
  await page.getByRole("radio", { name: "Deployments" }).check({ force: true });
  await page.getByRole("row", { name: new RegExp(model) }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Test" }).click();
  await expect(page.getByRole("dialog")).toContainText("answers", { timeout: 60_000 });
  await accessible(page);
  await page.keyboard.press("Escape");

  await page.getByRole("radio", { name: "Aliases" }).check({ force: true });
  await page.getByRole("button", { name: "Create alias" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("quick");
  await dialog.getByRole("combobox", { name: "Add a model" }).click();
  await page.getByRole("option", { name: new RegExp(model) }).first().click();
  await accessible(page);
  await dialog.getByRole("button", { name: "Save alias" }).click();
  await expect(page.getByRole("listitem", { name: "quick" })).toContainText(model);
  const answer = await ask(server, key, "quick");
  expect(answer.status).toBe(200);

  await page.getByRole("radio", { name: "Prices" }).check({ force: true });
  await expect(page.getByRole("row", { name: new RegExp(model) }).first()).toBeVisible();
  await accessible(page);
});

test("a provider has several keys, one of which is put aside", async ({ page, server }) => {
  const secret = server.ctl(["key", "create", "--tenant", "acme", "--name", "pool"]);
  await signIn(page, server);
  await go(page, "Models and providers");
  await page.getByRole("button", { name: "Add provider" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("Pool");
  await dialog.getByRole("textbox", { name: /Base URL/ }).fill(`${server.url}/v1`);
  await dialog.getByLabel(/API key/).fill(secret);
  await dialog.getByRole("button", { name: "Add and test" }).click();
  await expect(page.getByRole("dialog", { name: "Models of Pool" })).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "More for Pool" }).click();
  await page.getByRole("menuitem", { name: "Keys" }).click();
  const keys = page.getByRole("dialog", { name: "Keys of Pool" });
  await keys.getByRole("textbox", { name: "Name of the key" }).fill("spare");
  await keys.getByLabel("Key", { exact: true }).fill(secret);
  await keys.getByRole("button", { name: "Add key" }).click();
  await expect(keys.getByRole("switch", { name: "Use spare" })).toBeChecked();
  await accessible(page);
  await keys.getByRole("switch", { name: "Use spare" }).click();
  await expect(keys.getByRole("switch", { name: "Use spare" })).not.toBeChecked();
});
