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

/** Makes another name for the real model, as whoever is signed in to the page. */
async function alias(page: Page, server: Server, name: string): Promise<void> {
  const made = await page.request.put(`${server.url}/api/admin/aliases`, { data: { name, targets: [model] }, headers: { Origin: server.url } });
  expect(made.status()).toBe(200);
}

test("one question goes to two models in the playground, and their calls are in the log as the person's own", async ({ page, server }) => {
  await signIn(page, server);
  await alias(page, server, "twin");
  await page.goto(`${server.url}/console/playground?models=${model},twin`);
  await accessible(page);
  await page.getByRole("textbox", { name: "Prompt" }).fill("Say hello in one short sentence.");
  await page.keyboard.press("ControlOrMeta+Enter");
  const lane = page.getByRole("article", { name: `Answer of ${model}` });
  const twin = page.getByRole("article", { name: "Answer of twin" });
  for (const one of [lane, twin]) {
    await expect(one.getByRole("link", { name: "Open in the log" })).toBeVisible({ timeout: 120_000 });
    expect((await one.getByRole("region").innerText()).trim().length).toBeGreaterThan(2);
    await expect(one).toContainText(/\d+ in, \d+ out/);
  }
  await accessible(page);
  await twin.getByRole("link", { name: "Open in the log" }).click();
  await expect(page.getByRole("dialog")).toContainText("Playground");
  await expect(page.getByRole("dialog")).toContainText(owner.email);
  await page.goto(`${server.url}/console/logs?surface=playground`);
  await expect(page.getByRole("row", { name: /twin/ })).toHaveCount(1);
  await expect(page.getByRole("row", { name: new RegExp(model) })).toHaveCount(1);
  await page.goto(`${server.url}/console/logs?surface=v1`);
  await expect(page.getByRole("row", { name: /twin/ })).toHaveCount(0);
});

test("stopping in the playground ends the answer and keeps what was written", async ({ page, server }) => {
  await signIn(page, server);
  await go(page, "Playground");
  await page.getByRole("textbox", { name: "Prompt" }).fill("Write a story of three thousand words about the sea.");
  await page.keyboard.press("ControlOrMeta+Enter");
  const lane = page.getByRole("article", { name: new RegExp(`^Answer of .*${model}`) });
  await expect(lane.getByRole("paragraph").first()).toBeVisible({ timeout: 120_000 });
  await page.keyboard.press("Escape");
  await expect(lane).toContainText("Stopped.");
  await lane.getByRole("link", { name: "Open in the log" }).click(); // the log has it, though the page left first
  await expect(page.getByRole("dialog")).toContainText("Stopped");
  await page.goBack();
  await expect(page.getByRole("textbox", { name: "Prompt" })).toHaveValue("Write a story of three thousand words about the sea.");
});

test("an alias has its order by mouse and keyboard, and its own rules", async ({ page, server }) => {
  await signIn(page, server);
  await page.goto(`${server.url}/console/providers?view=aliases`);
  await page.getByRole("button", { name: "Create alias" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("ordered");
  for (const name of [new RegExp(model), /e5/]) {
    await dialog.getByRole("combobox", { name: "Add a model" }).click();
    await page.getByRole("option", { name }).first().click();
  }
  const rows = dialog.getByRole("list", { name: /Fallbacks/ }).getByRole("listitem");
  await expect(rows.first()).toContainText(model);
  const handle = dialog.getByRole("button", { name: /Move .*e5/ });
  const from = await handle.boundingBox();
  const to = await rows.first().boundingBox();
  if (!from || !to) throw new Error("the rows have no place");
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(from.x + from.width / 2, to.y + 4, { steps: 8 });
  await page.mouse.up();
  await expect(rows.first()).toContainText("e5");
  await handle.focus();
  await page.keyboard.press("ArrowDown");
  await expect(rows.first()).toContainText(model);

  await dialog.getByRole("textbox", { name: /Input at most/ }).fill("2.5");
  await dialog.getByRole("checkbox", { name: "Ask a second deployment when the first is late" }).check();
  await dialog.getByRole("textbox", { name: "Seconds to wait for the first token" }).fill("1.5");
  await accessible(page);
  await dialog.getByRole("button", { name: "Save alias" }).click();
  const saved = page.getByRole("listitem", { name: "ordered" });
  await expect(saved).toContainText("at most $2.50 a million in");
  await expect(saved).toContainText("a second one after 1.5 s");
  const key = server.ctl(["key", "create", "--tenant", "acme", "--name", "ordered"]);
  expect((await ask(server, key, "ordered")).status).toBe(200);

  await page.getByRole("button", { name: "Edit rules" }).click();
  await accessible(page);
  const rules = page.getByRole("dialog", { name: "Rules for all calls" });
  await rules.getByRole("group", { name: "Auditor" }).getByRole("radio", { name: "Only these" }).check({ force: true });
  await rules.getByRole("list", { name: "Auditor" }).getByRole("checkbox", { name: new RegExp(model) }).check();
  await rules.getByRole("button", { name: "Save rules" }).click();
  await expect(page.getByText(/Auditor: 1 model/)).toBeVisible();
  await expect(saved).toContainText("not for Auditor");
});

test("a key with a list of models is refused every other one, and the list can be changed", async ({ page, server }) => {
  await signIn(page, server);
  await alias(page, server, "other");
  await page.goto(`${server.url}/console/keys`);
  await page.getByRole("button", { name: "Create key" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Name" }).fill("Narrow");
  await dialog.getByRole("radio", { name: "Only these" }).check({ force: true });
  await dialog.getByRole("checkbox", { name: model, exact: true }).check();
  await accessible(page);
  await dialog.getByRole("button", { name: "Create key" }).click();
  const key = await page.getByRole("textbox", { name: "Key", exact: true }).inputValue();
  await page.keyboard.press("Escape");
  expect((await ask(server, key, model)).status).toBe(200);
  const refused = await ask(server, key, "other");
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([404, "model_not_found"]);

  await page.getByRole("row", { name: /Narrow/ }).click();
  const drawer = page.getByRole("dialog", { name: "Narrow" });
  await drawer.getByRole("button", { name: "Change models" }).click();
  await drawer.getByRole("checkbox", { name: model, exact: true }).uncheck();
  await drawer.getByRole("searchbox", { name: /Find a model/ }).fill("oth*");
  await page.keyboard.press("Enter");
  await accessible(page);
  await drawer.getByRole("button", { name: "Save models" }).click();
  await expect(drawer).toContainText("oth*");
  await expect.poll(async () => (await ask(server, key, model)).status, { timeout: 10_000 }).toBe(404);
  expect((await ask(server, key, "other")).status).toBe(200);
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
  await page.getByRole("dialog").getByRole("button", { name: "Edit" }).click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Weight" }).fill("3");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("dialog")).toContainText("weight 3");
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
