import { accessible, answers, composer, expect, open, pickModel, send, test } from "./stack";
import { Desktop, folder, model } from "./processes";

const conversations = "Conversations";

test("a person asks, and the answer of a real model streams, can be written again and stopped", async ({ app }) => {
  await pickModel(app, "On Acme", /qwen/i);
  await send(app, "Write one sentence about the sea.");
  await expect(answers(app)).toHaveCount(1);
  await expect(answers(app).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
  expect((await answers(app).innerText()).trim().length).toBeGreaterThan(20);
  await accessible(app);

  await answers(app).getByRole("button", { name: "Regenerate" }).click();
  await expect(app.getByRole("group", { name: "Version 2 of 2" })).toBeVisible({ timeout: 120_000 });

  // What a model writes is its own affair; that it is long is all this needs.
  await send(app, "Write a story of three thousand words about a lighthouse keeper and the sea, in twenty chapters.");
  await expect(answers(app)).toHaveCount(2);
  await expect(answers(app).last().getByRole("paragraph").or(answers(app).last().getByRole("heading", { level: 3 })).first()).toBeVisible({ timeout: 60_000 });
  await app.getByRole("button", { name: "Stop" }).click();
  await expect(answers(app).last()).toContainText("Stopped");
  await expect(composer(app)).toBeEnabled();
});

test("conversations are renamed, found by title, deleted and brought back", async ({ app }) => {
  await pickModel(app, "On Acme", /qwen/i);
  await send(app, "Say hello.");
  await expect(answers(app).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
  const list = app.getByRole("region", { name: conversations });
  const row = list.getByRole("link", { name: "Say hello." });
  await row.press("F2");
  await list.getByRole("textbox", { name: "Title" }).fill("Ação e reação");
  await list.getByRole("textbox", { name: "Title" }).press("Enter");
  await expect(list.getByRole("link", { name: "Ação e reação" })).toBeVisible();

  await app.getByRole("searchbox", { name: "Search titles" }).fill("reac");
  await expect(list.getByRole("link", { name: "Ação e reação" })).toBeVisible();
  await app.getByRole("searchbox", { name: "Search titles" }).fill("nothing like it");
  await expect(list.getByRole("link", { name: "Ação e reação" })).toHaveCount(0);
  await accessible(app);
  await app.getByRole("button", { name: "Clear search" }).click();

  await list.getByRole("link", { name: "Ação e reação" }).press("Delete");
  await expect(list.getByRole("link", { name: "Ação e reação" })).toHaveCount(0);
  await app.getByRole("button", { name: "Undo" }).click();
  await expect(list.getByRole("link", { name: "Ação e reação" })).toBeVisible();
});

test("one conversation streams while another is read", async ({ app }) => {
  await pickModel(app, "On Acme", /qwen/i);
  await send(app, "Say red.");
  await expect(answers(app).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
  await app.getByRole("button", { name: "New chat" }).click();
  await pickModel(app, "On Acme", /qwen/i);
  await send(app, "Write forty words about rivers.");
  await expect(answers(app)).toHaveCount(1);
  const list = app.getByRole("region", { name: conversations });
  await list.getByRole("link", { name: /Say red/ }).click();
  await expect(app.getByRole("article", { name: "You" })).toHaveCount(1);
  await expect(app.getByRole("article", { name: "You" })).toContainText("Say red.");
  await accessible(app);
  await expect(answers(app)).not.toContainText("river");
  await list.getByRole("link", { name: /forty words/ }).click();
  // A small model may not know when to end.
  const stop = app.getByRole("button", { name: "Stop" });
  if (await stop.isVisible()) await stop.click();
  await expect(answers(app).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
});

test("what a limit refuses is said in the chat, in the reader's language", async ({ app, server }) => {
  server.ctl(["apply", "--tenant", "acme", "-f", "-"], `aliases: {rare: ${model}}\nlimits: [{for: model, who: rare, measure: requests, amount: 1, per: 24h}]\n`);
  await expect(async () => {
    await app.reload();
    await pickModel(app, "On Acme", /rare/);
  }).toPass({ timeout: 60_000 });
  await send(app, "Say hello.");
  await expect(answers(app).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
  await send(app, "Say it again.");
  await expect(answers(app).last()).toContainText("The limit of this model is reached: 1 request a day. There is room again from");
  await accessible(app);
  await app.keyboard.press("ControlOrMeta+Comma");
  await app.getByRole("combobox", { name: "Language" }).click();
  await app.getByRole("option", { name: "Português (Portugal)" }).click();
  await expect(app.getByRole("heading", { name: "Definições" })).toBeVisible();
  await app.goBack();
  await expect(app.getByText(/O limite deste modelo foi atingido: 1 pedido por dia\. Volta a haver lugar a partir de .+\. Peça mais a um administrador/)).toBeVisible();
});

test("the pages speak both kinds of Portuguese and keep dark", async ({ app }) => {
  await app.keyboard.press("ControlOrMeta+Comma");
  await app.getByRole("combobox", { name: "Language" }).click();
  await app.getByRole("option", { name: "Português (Portugal)" }).click();
  await expect(app.getByRole("heading", { name: "Definições" })).toBeVisible();
  await app.getByRole("radio", { name: "Escuro" }).check({ force: true });
  await expect(app.locator("html")).toHaveAttribute("data-theme", "dark");
  await accessible(app);
  await app.reload();
  await expect(app.getByRole("heading", { name: "Definições" })).toBeVisible();
  await expect(app.locator("html")).toHaveAttribute("data-theme", "dark");
  await app.getByRole("combobox", { name: "Idioma" }).click();
  await app.getByRole("option", { name: "Português (Brasil)" }).click();
  await expect(app.getByRole("heading", { name: "Configurações" })).toBeVisible();
  await accessible(app);
});

test("a second device shows the same conversations within a second", async ({ app, server, browser }) => {
  const home = folder();
  const second = new Desktop(home.path, server, "second");
  await second.start();
  const other = await (await browser.newContext()).newPage();
  await open(other, second);
  await pickModel(app, "On Acme", /qwen/i);
  const title = `Seen elsewhere ${Date.now()}`;
  await send(app, title);
  await expect(other.getByRole("link", { name: title })).toBeVisible({ timeout: 10_000 });
  await other.getByRole("link", { name: title }).click();
  await expect(other.getByRole("article", { name: "You" })).toContainText(title);
  await accessible(other);
  await expect(answers(other).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 120_000 });
  await second.stop();
  home.remove();
});
