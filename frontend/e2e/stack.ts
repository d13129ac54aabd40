// Fixtures: one real server a worker, a fresh desktop a test.
import AxeBuilder from "@axe-core/playwright";
import { expect, test as base, type Page } from "@playwright/test";
import { Desktop, folder, Server } from "./processes";

interface Worker {
  server: Server;
}
interface Each {
  desktop: Desktop;
  /** The desktop's pages in browser mode, signed in and connected. */
  app: Page;
}

export const test = base.extend<Each, Worker>({
  server: [
    async ({}, use) => {
      const home = folder();
      const server = new Server(home.path);
      await server.start();
      server.createTenant();
      await use(server);
      await server.stop();
      home.remove();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  desktop: async ({ server }, use) => {
    const home = folder();
    const desktop = new Desktop(home.path, server);
    await desktop.start();
    await use(desktop);
    await desktop.stop();
    home.remove();
  },
  app: async ({ desktop, page }, use) => {
    await open(page, desktop);
    await use(page);
  },
});

export { expect };

/** Opens the one-time link and waits until the status bar says connected. */
export async function open(page: Page, desktop: Desktop): Promise<void> {
  await page.goto(desktop.link);
  await expect(status(page)).toContainText("Connected to Acme");
}

export const status = (page: Page) => page.getByRole("contentinfo", { name: "Status" });
export const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
export const answers = (page: Page) => page.getByRole("article", { name: /says$/ });

/** Picks a model of the server, or of this device. */
export async function pickModel(page: Page, group: "On Acme" | "On this device", name: RegExp): Promise<void> {
  await page.getByRole("button", { name: /^Model: |^Model/ }).first().click();
  await page.getByRole("group", { name: group }).getByRole("option", { name }).first().click();
}

export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  // While an answer is being written Stop stands in its place, and Enter waits too.
  await expect(page.getByRole("button", { name: /^(Send|Put in the queue)$/ })).toBeEnabled({ timeout: 120_000 });
  await composer(page).press("Enter");
}

/** No violation that WCAG 2.2 AA knows (axe-core's rules). */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`)).toEqual([]);
}
