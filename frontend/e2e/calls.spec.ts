import { readFile } from "node:fs/promises";
import type { Browser, Download, Page } from "@playwright/test";
import { accessible, expect, test } from "./stack";
import { owner, type Server } from "./processes";
import { answer, Upstream, usage } from "./upstream";

// One provider, one signed-in page and a few calls serve all of these journeys.
test.describe.configure({ mode: "serial" });

const question = "Is the tide in or out?";
const million = { input: 10_000, output: 16_000 }; // US dollars: 20 cents a call
const cost = (usage.prompt_tokens * million.input + usage.completion_tokens * million.output) / 1e6;

let upstream: Upstream;
let page: Page;
let key = "";

const declared = (url: string, more = "") => `
providers:
  - name: Harbour
    base_url: ${url}
    models:
      - {id: steady, usd_per_million: {input: ${million.input}, output: ${million.output}}}
      - {id: shaky, usd_per_million: {input: ${million.input}, output: ${million.output}}}
aliases:
  best: {targets: [shaky, steady]}
${more}`;

test.beforeAll(async ({ browser, server }) => {
  upstream = new Upstream();
  key = server.ctl(["key", "create", "--tenant", "acme", "--name", "Harbour master"]);
  const poor = server.ctl(["key", "create", "--tenant", "acme", "--name", "Poor"]);
  const url = await upstream.start();
  server.ctl(["apply", "--tenant", "acme", "-f", "-"], declared(url, "budgets: [{for: key, who: Poor, period: total, usd: 0.0001}]"));
  page = await signedIn(browser, server, owner.email, owner.password);
  await expect.poll(() => ask(server, "best")).toBe(200);
  await expect.poll(() => ask(server, "steady", poor)).toBe(402);
});

test.afterAll(async ({ server }) => {
  server.ctl(["apply", "--tenant", "acme", "-f", "-"], "providers: []\naliases: {}\nbudgets: []\ncontents: {keep: false}\n");
  upstream.stop();
  await page.context().close();
});

async function signedIn(browser: Browser, server: Server, email: string, password: string): Promise<Page> {
  const fresh = await (await browser.newContext({ acceptDownloads: true })).newPage();
  await fresh.goto(`${server.url}/console`);
  await fresh.getByRole("textbox", { name: "Email" }).fill(email);
  await fresh.getByLabel("Password", { exact: true }).fill(password);
  await fresh.getByRole("button", { name: "Sign in" }).click();
  await expect(fresh.getByRole("heading", { name: "Dashboard" })).toBeVisible();
  return fresh;
}

/** A streamed call of a program; the status. */
async function ask(server: Server, model: string, by = key): Promise<number> {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${by}` },
    body: JSON.stringify({ model, stream: true, max_tokens: 50, messages: [{ role: "user", content: question }] }),
  });
  await response.text();
  return response.status;
}

const text = async (file: Download) => (await readFile(await file.path(), "utf8")).replace("\uFEFF", "");
const rowsOf = (csv: string) => csv.trim().split(/\r?\n/).map((line) => line.split(","));

test("a call that was tried twice shows both attempts on one time line", async ({ server }) => {
  await page.goto(`${server.url}/console/logs`);
  await page.getByRole("row", { name: /best.*Harbour master/ }).first().click();
  const drawer = page.getByRole("dialog");
  await expect(drawer.getByRole("heading", { name: /2 attempts/ })).toBeVisible();
  const tries = drawer.getByRole("listitem");
  await expect(tries).toHaveCount(2);
  await expect(tries.first().getByTitle("shaky")).toBeVisible();
  await expect(tries.first()).toContainText("upstream.failed");
  await expect(tries.last().getByTitle("steady")).toBeVisible();
  await expect(tries.last()).toContainText("fallback");
  await expect(tries.last()).toContainText(`${usage.prompt_tokens} in, ${usage.completion_tokens} out`);
  await accessible(page);
  await page.keyboard.press("Escape");
});

test("a new call appears by itself, filters are in the address and survive a reload, and what they find is exported", async ({ server }) => {
  await page.goto(`${server.url}/console/logs`);
  const steady = page.getByRole("row", { name: /steady.*Harbour master/ });
  await expect(page.getByRole("row", { name: /best/ }).first()).toBeVisible();
  await expect(steady).toHaveCount(0);
  expect(await ask(server, "steady")).toBe(200);
  await expect(steady).toHaveCount(1);

  await page.getByRole("combobox", { name: "State" }).click();
  await page.getByRole("option", { name: "Failed" }).click();
  await expect(page).toHaveURL(/state=failed/);
  await expect(steady).toHaveCount(0);
  await expect(page.getByRole("row", { name: /Poor/ }).first()).toBeVisible();
  await page.reload();
  await expect(page.getByRole("row", { name: /Poor/ }).first()).toBeVisible();
  await expect(steady).toHaveCount(0);
  await expect(page.getByRole("combobox", { name: "State" })).toContainText("Failed");

  await page.goto(`${server.url}/console/logs?state=ok&surface=v1`);
  await expect(steady).toHaveCount(1);
  const shown = (await page.getByRole("row", { name: /Harbour master/ }).count()) + 1; // and the header
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export calls" }).click();
  await page.getByRole("menuitem", { name: /^CSV/ }).click();
  const csv = await text(await file);
  expect(rowsOf(csv)).toHaveLength(shown);
  expect(csv).not.toContain(question);
});

test("what calls say is kept once the policy says so, read by who may, and each reading is in the audit", async ({ browser, server }) => {
  await page.goto(`${server.url}/console/logs`);
  await page.getByRole("button", { name: "Contents" }).click();
  const policy = page.getByRole("dialog");
  await policy.getByRole("checkbox", { name: "Keep prompts and answers of calls" }).check();
  await accessible(page);
  await policy.getByRole("button", { name: "Save policy" }).click();
  await expect(page.getByText("Prompts and answers are kept from now on").first()).toBeVisible(); // and once more for screen readers
  const drawer = page.getByRole("dialog");
  await expect(async () => { // the server hears of it within a second
    expect(await ask(server, "steady")).toBe(200);
    await page.goto(`${server.url}/console/logs?model=steady`);
    await page.getByRole("row", { name: /Harbour master/ }).first().click();
    await expect(drawer).toContainText("Reading it leaves an entry in the audit", { timeout: 3000 });
  }).toPass();
  await drawer.getByRole("button", { name: "Show prompt and answer" }).click();
  await expect(drawer.getByRole("region", { name: "Prompt", exact: true })).toContainText(question);
  await expect(drawer.getByRole("region", { name: "Answer", exact: true })).toContainText(answer);
  await accessible(page);
  const seen = page.url();
  await page.goto(`${server.url}/console/audit`);
  await expect(page.getByRole("row", { name: /Changed what is kept of calls/ }).first()).toBeVisible();
  await expect(page.getByRole("row", { name: /Read prompt and answer/ })).toHaveCount(1);

  const link = server.ctl(["user", "invite", "--email", "zoe@acme.test", "--name", "Zoe Exemplo", "--role", "developer"]);
  const other = await (await browser.newContext()).newPage();
  await other.goto(new URL(link, server.url).href);
  await other.getByRole("textbox", { name: "Name" }).fill("Zoe Exemplo");
  await other.getByLabel("Password", { exact: true }).fill("uma frase bem comprida");
  await other.getByLabel("Password again").fill("uma frase bem comprida");
  await other.getByRole("button", { name: "Join" }).click();
  await expect(other.getByRole("button", { name: "Join" })).toHaveCount(0);
  await other.goto(seen);
  await expect(other.getByRole("dialog")).toContainText("but not for your role");
  await expect(other.getByRole("button", { name: "Show prompt and answer" })).toHaveCount(0);
  await expect(other.getByText(question)).toHaveCount(0);
  await other.context().close();
});

test("what calls cost is what the ledger says, on the page and in its file", async ({ server }) => {
  const settled = async () => (JSON.parse(server.ctl(["ledger", "verify", "--tenant", "acme", "--json"])) as { ok: boolean; Settled: number }[])[0];
  await expect.poll(async () => (await settled())?.ok).toBe(true);
  const booked = ((await settled())?.Settled ?? 0) / 1e9;
  expect(booked / cost).toBeCloseTo(Math.round(booked / cost)); // whole calls of one price
  expect(booked).toBeGreaterThan(0);
  await page.goto(`${server.url}/console/cost`);
  await accessible(page);
  const spent = page.getByRole("term").filter({ hasText: /^Spent$/ }).locator("..");
  await expect(spent).toContainText(`$${booked.toFixed(2)}`);
  const file = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as CSV" }).click();
  const [header, ...lines] = rowsOf(await text(await file));
  const at = header?.findIndex((name) => name.startsWith("Cost")) ?? -1;
  const sum = lines.reduce((total, line) => total + Number(line[at]), 0);
  expect(sum).toBeCloseTo(booked, 9);
  expect(lines.some((line) => line[0]?.includes("steady"))).toBe(true);
});

test("a refusal stands under who was refused, with why", async ({ server }) => {
  await page.goto(`${server.url}/console/limits?view=refused`);
  const row = page.getByRole("row", { name: /Poor.*steady/ });
  await expect(row).toContainText("Budget used up");
  await accessible(page);
});

test("a route is explained without a call", async ({ server }) => {
  await page.goto(`${server.url}/console/providers?view=explain&model=best`);
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  const result = page.getByRole("region", { name: "Route" });
  await expect(result.getByRole("status")).toContainText("would answer");
  await expect(result.getByRole("list", { name: "Candidates in order" }).getByRole("listitem")).toHaveCount(2);
  await expect(result).toContainText("best stands for shaky");
  await accessible(page);
});
