import { accessible, answers, composer, expect, open, pickModel, send, status } from "./stack";
import { test } from "@playwright/test";
import { Desktop, folder, Server } from "./processes";

test("writing goes on without the server, survives kill -9, and is sent once", async ({ page, browser }) => {
  test.setTimeout(420_000);
  const home = folder();
  const server = new Server(home.path);
  await server.start();
  server.createTenant();
  const desktop = new Desktop(home.path, server);
  await desktop.start();
  await open(page, desktop);

  await test.step("the server stops and the status bar says so", async () => {
    await server.stop();
    await expect(status(page)).toContainText("cannot be reached", { timeout: 30_000 });
  });
  await test.step("the model on this device answers without any server", async () => {
    await pickModel(page, "On this device", /qwen/i);
    await send(page, "Say blue.");
    await expect(answers(page).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 180_000 });
  });
  await test.step("a message for a model of the server waits in the queue", async () => {
    await page.getByRole("button", { name: "New chat" }).click();
    await pickModel(page, "On Acme", /qwen/i);
    await send(page, "Say green, once.");
    await expect(status(page)).toContainText("1 waiting to send");
    await accessible(page);
  });
  await test.step("a draft is kept", async () => {
    await page.getByRole("button", { name: "New chat" }).click();
    await composer(page).fill("An unfinished thought");
    await composer(page).blur();
    await expect(page.getByText("Draft", { exact: true })).toBeVisible();
  });
  await test.step("kill -9, and both are there", async () => {
    await desktop.crash();
    await desktop.start();
    await page.goto("about:blank");
    await page.goto(desktop.link);
    await expect(status(page)).toContainText("1 waiting to send");
    await page.getByRole("link", { name: /Draft/ }).click();
    await expect(composer(page)).toHaveValue("An unfinished thought");
  });
  await test.step("the server is back: sent once, answered once, on every device", async () => {
    await server.start();
    await expect(status(page)).toContainText("Connected to Acme", { timeout: 60_000 });
    await page.getByRole("link", { name: /Say green/ }).click();
    await expect(answers(page).getByRole("button", { name: "Regenerate" })).toBeVisible({ timeout: 180_000 });
    await expect(status(page)).not.toContainText("waiting to send");
    const elsewhere = new Desktop(home.path, server, "elsewhere");
    await elsewhere.start();
    const other = await (await browser.newContext()).newPage();
    await open(other, elsewhere);
    for (const seen of [page, other]) {
      await seen.getByRole("link", { name: /Say green/ }).click();
      await expect(seen.getByRole("article", { name: "You" })).toHaveCount(1);
      await expect(answers(seen)).toHaveCount(1);
      await expect(seen.getByRole("group", { name: /^Version/ })).toHaveCount(0);
    }
    await expect(other.getByRole("link", { name: /Say blue/ })).toBeVisible();
    await elsewhere.stop();
  });
  await desktop.stop();
  await server.stop();
  home.remove();
});
