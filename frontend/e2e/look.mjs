// A test tool: takes the pictures that look.md asks for, of the built pages over
// the fixture server. Usage: node e2e/look.mjs OUT_DIR [part of a name,another]
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

const [out = "look", only = ""] = process.argv.slice(2);
mkdirSync(out, { recursive: true });

async function fixture(...args) {
  const child = spawn(process.execPath, [new URL("./fixture-server.mjs", import.meta.url).pathname, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim())));
  return { url: new URL(url), stop: () => child.kill() };
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const errors = [];

async function shot(name, { host = [], path = "", theme = "light", locale = "en-GB", size = [1280, 800], act }) {
  if (!only.split(",").some((part) => name.includes(part))) return;
  const server = await fixture(...host);
  const context = await browser.newContext({ viewport: { width: size[0], height: size[1] }, locale, colorScheme: theme === "dark" ? "dark" : "light" });
  const page = await context.newPage();
  page.on("console", (m) => m.type() === "error" && errors.push(`${name}: ${m.text()}`));
  page.on("pageerror", (e) => errors.push(`${name}: ${e.message}`));
  await context.addInitScript((t) => localStorage.setItem("nexus.theme", t), theme);
  await page.goto(server.url.origin + (path.startsWith("/console") ? path : `/${path ? path : server.url.hash}`));
  await page.waitForTimeout(700);
  try {
    await act?.(page, server.url);
    await page.waitForTimeout(350);
  } catch (error) {
    errors.push(`${name}: ${error.message.split("\n")[0]}`);
  }
  await page.screenshot({ path: `${out}/${name}.png` });
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const v of violations) errors.push(`${name}: axe ${v.id} (${v.impact}): ${v.nodes.slice(0, 2).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  await context.close();
  server.stop();
}

const openFirst = (page) => page.getByRole("link", { name: /Raft commit/ }).first().click();
const go = (path) => (page) => page.evaluate((p) => (window.location.hash = p), path);
const ask = async (page, text) => {
  await page.getByRole("textbox", { name: /Message|Mensagem/ }).fill(text);
  await page.keyboard.press("Enter");
};

const console_ = "/console#link=fixture-token-0000-0000";
const top = (page) => page.evaluate(() => (document.querySelector("[role=log]").scrollTop = 0));
const at = (path) => async (page) => { await page.evaluate((p) => { window.history.pushState({}, "", `/console${p}`); window.dispatchEvent(new window.PopStateEvent("popstate")); }, path); await page.waitForTimeout(700); };
const then = (...acts) => async (page) => { for (const act of acts) await act(page); };
const firstRow = async (page) => { await page.getByRole("row").nth(1).click(); await page.waitForTimeout(500); };
const openTeam = async (page) => { await page.getByRole("row", { name: /Research/ }).click(); await page.waitForTimeout(500); };
const newBudget = (kind) => async (page) => {
  await page.getByRole("button", { name: "Create budget" }).first().click();
  await page.getByRole("combobox", { name: "For" }).click();
  await page.getByRole("option", { name: kind, exact: true }).click();
};
const readCall = async (page) => { await page.getByRole("row", { name: /Done|Concluída|Concluído/ }).first().click(); await page.getByRole("button", { name: /Show prompt|Mostrar o pedido/ }).click(); await page.waitForTimeout(500); await page.getByRole("region").last().scrollIntoViewIfNeeded(); };
const openPolicy = async (page) => { await page.getByRole("button", { name: /^(Contents|Conteúdo)$/ }).click(); await page.waitForTimeout(400); };
const run = async (page) => { await page.getByRole("textbox", { name: /Prompt|Pedido/ }).fill("Explain the commit rule of Raft."); await page.keyboard.press("Control+Enter"); await page.waitForTimeout(2500); };
/** The six looks of a console page, and what opens on it. */
const six = (name, path, { act = async () => undefined, opened } = {}) => ({
  [`${name}-light`]: { path: console_, act: then(at(path), act) },
  [`${name}-dark`]: { path: console_, theme: "dark", act: then(at(path), act) },
  [`${name}-contrast`]: { path: console_, theme: "contrast", act: then(at(path), act) },
  [`${name}-pt`]: { path: console_, locale: "pt-PT", act: then(at(path), act) },
  [`${name}-900`]: { path: console_, size: [899, 760], act: then(at(path), act) },
  [`${name}-390`]: { path: console_, size: [390, 780], act: then(at(path), act) },
  [`${name}-hostile`]: { path: console_, host: ["--data", "hostile"], act: then(at(path), act) },
  [`${name}-empty`]: { path: console_, host: ["--data", "empty"], act: at(path) },
  [`${name}-focus`]: { path: console_, act: then(at(path), async (page) => { for (let i = 0; i < 14; i++) await page.keyboard.press("Tab"); }) },
  ...(opened ? { [`${name}-opened`]: { path: console_, act: then(at(path), opened) }, [`${name}-opened-390-dark`]: { path: console_, theme: "dark", size: [390, 780], act: then(at(path), opened) } } : {}),
});
const shots = {
  ...Object.fromEntries([["light", {}], ["dark", { theme: "dark" }], ["pt", { locale: "pt-PT" }], ["390", { size: [390, 800] }], ["hostile", { host: ["--data", "hostile"] }]].flatMap(([look, more]) => [
    [`logs-content-${look}`, { path: console_, ...more, act: then(at("/logs"), readCall) }],
    [`logs-policy-${look}`, { path: console_, ...more, act: then(at("/logs"), openPolicy) }],
  ])),
  ...six("logs", "/logs", { opened: async (page) => { await page.getByRole("row", { name: /Failed/ }).first().click(); await page.waitForTimeout(600); } }),
  ...six("providers", "/providers", { opened: async (page) => { await page.getByRole("button", { name: /Add provider/ }).first().click(); } }),
  ...six("deployments", "/providers?view=deployments", { opened: async (page) => { await page.getByRole("row").nth(3).click(); await page.waitForTimeout(500); } }),
  ...six("aliases", "/providers?view=aliases", { opened: async (page) => { await page.getByRole("button", { name: "Edit best" }).click(); await page.waitForTimeout(400); } }),
  ...six("routing", "/providers?view=aliases", { act: async (page) => { await page.getByRole("button", { name: /Edit rules|Editar regras/ }).click(); await page.waitForTimeout(500); } }),
  ...six("keys", "/keys", { opened: async (page) => { await page.getByRole("row", { name: /notebook/ }).click(); await page.waitForTimeout(400); await page.getByRole("button", { name: /Change models|Alterar modelos/ }).click(); await page.waitForTimeout(400); } }),
  ...six("create-key", "/keys", { act: async (page) => { await page.getByRole("button", { name: /Create key|Criar chave/ }).first().click(); await page.getByRole("radio", { name: /Only these|Só estes/ }).check({ force: true }); await page.waitForTimeout(500); } }),
  ...six("alias-edit", "/providers?view=aliases", { act: async (page) => { await page.getByRole("button", { name: /(Edit|Editar) best/ }).click(); await page.waitForTimeout(500); } }),
  ...six("deployment-edit", "/providers?view=deployments", { act: async (page) => { await page.getByRole("row").nth(2).click(); await page.waitForTimeout(400); await page.getByRole("button", { name: /^(Edit|Editar)$/ }).click(); await page.waitForTimeout(400); } }),
  "playground-refused": { path: console_, host: ["--data", "refused"], act: then(at("/playground?models=claude-sonnet-5,gpt-5.2"), run) },
  "playground-refused-pt": { path: console_, locale: "pt-PT", host: ["--data", "refused"], act: then(at("/playground?models=claude-sonnet-5,gpt-5.2"), run) },
  "playground-refused-br-dark": { path: console_, locale: "pt-BR", theme: "dark", host: ["--data", "refused"], act: then(at("/playground?models=claude-sonnet-5,gpt-5.2"), run) },
  ...six("prices", "/providers?view=prices", { opened: async (page) => { await page.getByRole("row", { name: /gpt-5.2/ }).click(); await page.waitForTimeout(500); } }),
  ...six("explain", "/providers?view=explain&model=best", { opened: async (page) => { await page.getByRole("button", { name: "Explain", exact: true }).click(); await page.waitForTimeout(500); } }),
  ...six("limits", "/limits", { opened: firstRow }),
  ...six("rates", "/limits?view=rates", { opened: firstRow }),
  ...six("refused", "/limits?view=refused"),
  ...six("cost", "/cost"),
  ...six("users", "/users", { opened: firstRow }),
  ...six("teams", "/users?view=teams", { opened: openTeam }),
  ...six("audit", "/audit", { opened: firstRow }),
  "teams-create": { path: console_, act: then(at("/users?view=teams"), async (page) => { await page.getByRole("button", { name: "Create team" }).click(); await page.keyboard.type("research"); await page.keyboard.press("Enter"); await page.waitForTimeout(400); }) },
  "teams-add": { path: console_, theme: "dark", act: then(at("/users?view=teams"), openTeam, async (page) => { await page.getByRole("combobox", { name: "Add a member" }).click(); }) },
  "teams-removed": { path: console_, act: then(at("/users?view=teams"), openTeam, async (page) => { await page.getByRole("button", { name: /^Remove Chen/ }).click(); await page.waitForTimeout(400); }) },
  "teams-delete": { path: console_, locale: "pt-BR", act: then(at("/users?view=teams"), openTeam, async (page) => { await page.getByRole("button", { name: "Excluir equipe" }).click(); await page.waitForTimeout(400); }) },
  "budget-team": { path: console_, act: then(at("/limits"), newBudget("Team"), async (page) => { await page.getByRole("combobox", { name: "Which" }).click(); await page.keyboard.type("s"); }) },
  "budget-conversation": { path: console_, theme: "dark", act: then(at("/limits"), newBudget("Conversation"), async (page) => { await page.getByRole("textbox", { name: "Which conversation" }).fill("https://ai.acme.test/console"); await page.keyboard.press("Tab"); }) },
  ...six("playground", "/playground?models=claude-sonnet-5,gpt-5.2,qwen2.5-coder-1.5b", { act: run }),
  "deployment-testing": { path: console_, locale: "pt-PT", act: then(at("/providers?view=deployments"), async (page) => { await page.getByRole("row").nth(2).click(); await page.getByRole("button", { name: "Testar" }).click(); }) },
  "tooltip": { path: console_, act: then(at("/keys"), async (page) => { await page.getByRole("button", { name: "Choose columns" }).hover(); await page.waitForTimeout(700); }) },
  "provider-keys": { path: console_, act: then(at("/providers"), async (page) => { await page.getByRole("button", { name: "More for Example inference" }).click(); await page.getByRole("menuitem", { name: "Keys" }).click(); await page.waitForTimeout(400); }) },
  "chat-light": { act: openFirst },
  "chat-dark": { theme: "dark", act: openFirst },
  "chat-contrast": { act: async (page) => { await page.evaluate(() => (document.documentElement.dataset.theme = "contrast")); await openFirst(page); } },
  "chat-pt": { locale: "pt-PT", act: openFirst },
  "chat-900": { size: [899, 700], act: async (page) => { await page.getByRole("button", { name: "Open conversations" }).click(); } },
  "chat-900-thread": { size: [899, 700], act: async (page) => { await page.getByRole("button", { name: "Open conversations" }).click(); await openFirst(page); } },
  "chat-new": {},
  "chat-streaming": { theme: "dark", act: async (page) => { await ask(page, "Explain the commit rule of Raft."); await page.waitForTimeout(1800); } },
  "chat-hostile": { host: ["--data", "hostile"], act: async (page) => { await page.getByRole("link", { name: /مرحبا/ }).click(); } },
  "chat-hostile-top": { host: ["--data", "hostile"], act: async (page) => { await page.getByRole("link", { name: /مرحبا/ }).click(); await page.waitForTimeout(300); await top(page); } },
  "chat-trash": { act: async (page) => { await page.getByRole("link", { name: /Regex/ }).focus(); await page.keyboard.press("Delete"); await page.getByRole("button", { name: "Trash" }).click(); } },
  "chat-scrolled-pt-dark": { theme: "dark", locale: "pt-BR", act: async (page) => { await openFirst(page); await page.waitForTimeout(300); await top(page); } },
  "chat-hostile-long": { host: ["--data", "hostile"], theme: "dark", act: async (page) => { await page.getByRole("link", { name: /^W{20}/ }).click(); await page.getByRole("button", { name: /Model/ }).click(); } },
  "chat-500": { host: ["--data", "hostile"], act: async (page) => { await page.getByRole("link", { name: /Five hundred/ }).click(); await page.waitForTimeout(500); } },
  "chat-empty": { host: ["--data", "empty"] },
  "chat-first-run": { host: ["--data", "empty", "--engine", "building", "--server", "none"] },
  "chat-fetching": { theme: "dark", host: ["--data", "empty", "--engine", "fetching", "--server", "none"] },
  "chat-queue": { host: ["--server", "offline"], act: async (page) => { await page.getByRole("button", { name: /Model/ }).click(); await page.getByRole("option", { name: /Claude/ }).click(); await ask(page, "Does the waiting message look calm?"); } },
  "chat-models": { act: async (page) => { await openFirst(page); await page.getByRole("button", { name: /^Model/ }).click(); } },
  "chat-menu": { act: async (page) => { await openFirst(page); await page.getByRole("button", { name: /Actions for Regex/ }).click({ force: true }); } },
  "chat-focus": { act: async (page) => { await openFirst(page); for (let i = 0; i < 9; i++) await page.keyboard.press("Tab"); } },
  "chat-deleted": { act: async (page) => { await page.getByRole("link", { name: /Regex/ }).focus(); await page.keyboard.press("Delete"); } },
  "chat-edit": { act: async (page) => { await openFirst(page); await page.getByRole("article", { name: "You" }).first().hover(); await page.getByRole("button", { name: "Edit and resend" }).first().click(); } },
  palette: { theme: "dark", act: async (page) => { await page.keyboard.press("Control+k"); await page.keyboard.type("re"); } },
  "palette-empty": { act: async (page) => { await page.keyboard.press("Control+k"); } },
  shortcuts: { act: async (page) => { await page.getByRole("link", { name: "Chat" }).first().focus(); await page.keyboard.press("?"); } },
  settings: { act: go("/settings") },
  "settings-dark-pt": { theme: "dark", locale: "pt-BR", act: go("/settings") },
  "settings-none": { host: ["--server", "none"], act: async (page) => { await go("/settings")(page); await page.waitForTimeout(300); await page.getByRole("button", { name: "Connect" }).click(); } },
  queue: { host: ["--server", "offline"], act: async (page) => { await page.getByRole("button", { name: /Model/ }).click(); await page.getByRole("option", { name: /Claude/ }).click(); await ask(page, "A question that waits until the server is back, and that is long enough to see how the row treats it when it needs more than one line of text."); await go("/queue")(page); } },
  "queue-empty": { act: go("/queue") },
  diagnostics: { host: ["--engine", "building"], act: go("/diagnostics") },
  "status-detail": { host: ["--server", "offline"], act: (page) => page.getByRole("button", { name: /cannot be reached/ }).click() },
  "bad-link": { path: "#" },
  "console-sign-in": { path: "/console" },
  "console-sign-in-wrong": { path: "/console", theme: "dark", act: async (page) => { await page.getByLabel("Email").fill("ana@acme.test"); await page.getByLabel("Password", { exact: true }).fill("wrong"); await page.getByRole("button", { name: "Sign in" }).click(); } },
  "console-invite": { path: "/console#kind=invite&link=abcdefabcdefabcdef" },
  "console-dead": { path: "/console#link=dead-token-00000000000" },
  "console-home": { path: console_ },
  "console-home-dark": { path: console_, theme: "dark" },
  "console-390": { path: console_, size: [390, 780] },
  "console-account": { path: console_, act: async (page) => { await page.getByRole("button", { name: "Account" }).click(); } },
};
for (const [name, options] of Object.entries(shots)) await shot(name, options);
await browser.close();
for (const error of errors) console.log(error);
process.exit(0);
