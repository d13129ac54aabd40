// A test tool: the contract in memory, with answers that stream, for looking at
// the pages without a host. Nothing that people run starts it.
//   node e2e/fixture-server.mjs [--port 0] [--data normal|hostile|empty|refused] [--engine ready|building|fetching|absent] [--server connected|offline|none]
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { adminRoutes } from "./fixture-admin.mjs";
import { answers, conversations, models } from "./fixture-data.mjs";

const { values: flags } = parseArgs({
  options: { port: { type: "string", default: "0" }, data: { type: "string", default: "normal" }, engine: { type: "string", default: "ready" }, server: { type: "string", default: "connected" } },
});
const dist = new URL("../dist/", import.meta.url).pathname;
const now = () => new Date().toISOString();
let counter = 0;
const id = () => `019f0000-0000-7000-8000-${String(++counter).padStart(12, "0")}`;

const db = conversations(flags.data, id);
const state = {
  settings: { theme: "system", locale: "system", default_model: "", remote_images: false, send_with: "enter" },
  server: flags.server,
  engine: flags.engine,
  notices: flags.data === "hostile" ? [{ id: "n1", code: "localdb.salvaged", detail: "The database was damaged and has been set aside. What could be read was saved.", items: ["conversation 3, message 14", "draft of conversation 9"] }] : [],
  spend: 41_200_000,
  calls: 12,
};
const runs = new Map();
const listeners = new Set();
const queue = new Map();

const tell = (event, eventId) => {
  for (const res of listeners) res.write(`${eventId ? `id: ${eventId}\n` : ""}data: ${JSON.stringify(event)}\n\n`);
};
const hint = (topic, rowId) => tell({ type: "hint", hint: { topic, ...(rowId ? { id: rowId } : {}) } });

class Refusal extends Error {
  constructor(status, code, detail, hintText) {
    super(code);
    this.problem = { type: `urn:nexusai:${code}`, title: "", status, code, detail, key: `fault.${code}`, ...(hintText ? { hint: hintText } : {}) };
  }
}
const find = (cid) => db.get(cid) ?? refuse(404, "not_found", "It does not exist.");
function refuse(status, code, detail, hintText) {
  throw new Refusal(status, code, detail, hintText);
}

function status() {
  const engines = {
    ready: { state: "ready", model: "qwen2.5-coder-1.5b" },
    building: { state: "building", done: 214, total: 388 },
    fetching: { state: "fetching", model: "qwen2.5-coder-1.5b", done: 431_000_000, total: 1_117_000_000 },
    absent: { state: "absent" },
  };
  const servers = {
    connected: { state: "connected", url: "http://127.0.0.1:8080", tenant: "Acme", user: "Ana Example", email: "ana@acme.test", synced_at: now() },
    offline: { state: "offline", url: "http://127.0.0.1:8080", tenant: "Acme", user: "Ana Example", email: "ana@acme.test", synced_at: new Date(Date.now() - 14 * 60_000).toISOString(), detail: "No answer from the server." },
    none: { state: "none" },
  };
  return { server: servers[state.server], engine: engines[state.engine], waiting: queue.size, unsynced: state.server === "offline" ? 3 : 0, version: "0.1.0", window: false, notices: state.notices };
}

function offered() {
  return models.map((m) => (m.local && state.engine !== "ready" ? { ...m, state: "starting", detail: state.engine === "fetching" ? "Fetching the model" : "Building the engine" } : !m.local && state.server !== "connected" ? { ...m, state: "unready", detail: "The server cannot be reached." } : m)).filter((m) => m.local || state.server !== "none");
}

function start(thread, question, model, answerId = id()) {
  const run = { id: id(), conversation_id: thread.conversation.id, message_id: question.id, answer_id: answerId, model, state: "running", text: "", seq: 0, started_at: now() };
  runs.set(run.id, run);
  thread.conversation.run_id = run.id;
  thread.run = run;
  const words = answers(question.text).match(/\s*\S+|\s+$/g) ?? [];
  let at = 0;
  const say = (more) => {
    run.seq++;
    tell({ type: "run", run: { run_id: run.id, conversation_id: run.conversation_id, answer_id: run.answer_id, seq: run.seq, state: run.state, ...more } }, `${run.id}:${run.seq}`);
  };
  const end = (final, finish) => {
    clearInterval(timer);
    if (run.state !== "running") return;
    run.state = final;
    const message = { id: answerId, conversation_id: run.conversation_id, parent_id: question.id, role: "assistant", text: run.text, model, finish, input_tokens: 412, output_tokens: at, cost_nano_usd: model.startsWith("local/") ? 0 : at * 1500, run_id: run.id, created_at: now(), state: "sent" };
    thread.messages.push(message);
    delete thread.run;
    delete thread.conversation.run_id;
    state.spend += message.cost_nano_usd;
    state.calls++;
    say({ message });
    hint("logs");
  };
  run.stop = () => end("stopped", "stopped");
  const timer = setInterval(() => {
    const piece = words.slice(at, at + 2).join("");
    at += 2;
    if (piece === "") return end("done", "stop");
    run.text += piece;
    say({ text: piece });
  }, 24);
  setTimeout(() => say({}), 0);
  return run;
}

const shown = ({ stop: _stop, ...run }) => run;

const routes = {
  "POST /api/local/exchange": () => ({ access_token: "fixture" }),
  "GET /api/local/status": status,
  "GET /api/local/settings": () => state.settings,
  "PUT /api/local/settings": ({ body }) => (state.settings = body),
  "GET /api/local/queue": () => [...queue.values()],
  "POST /api/local/queue/:id/retry": () => undefined,
  "DELETE /api/local/queue/:id": ({ params }) => {
    const item = queue.get(params.id);
    queue.delete(params.id);
    if (item) {
      const thread = find(item.conversation_id);
      thread.messages = thread.messages.filter((m) => m.id !== params.id);
      thread.draft = item.text;
    }
    hint("queue");
  },
  "DELETE /api/local/notices/:id": () => void (state.notices = []),
  "POST /api/local/open": () => undefined,
  "POST /api/local/connection": ({ body }) => {
    if (body.password === "wrong") refuse(401, "auth.required", "Email or password is wrong.");
    state.server = "connected";
    hint("status");
    hint("models");
    return status();
  },
  "DELETE /api/local/connection": () => {
    state.server = "none";
    return status();
  },
  "GET /api/local/diagnostics": () => ({
    version: "0.1.0",
    facts: { system: "linux amd64", window: "browser mode", database: "4.1 MB, schema 9", journal: "0 waiting" },
    checks: [
      { name: "Database", ok: true, finding: "Opens, writes and passes its integrity check" },
      { name: "Engine", ok: state.engine === "ready", finding: state.engine === "ready" ? "llama-server answers" : "Not built yet", ...(state.engine === "ready" ? {} : { next: "Wait for make setup to finish" }) },
      { name: "Disk", ok: true, finding: "41 GB free" },
      { name: "Keychain", ok: false, finding: "No system keychain; secrets are in an encrypted file", next: "Install gnome-keyring to use the system's" },
    ],
  }),
  "GET /api/usage/today": () => ({ today_nano_usd: state.spend, calls_today: state.calls }),
  "GET /api/models": offered,
  "GET /api/conversations": ({ query }) => {
    const trash = query.get("trash") === "true";
    const words = (query.get("q") ?? "").toLowerCase();
    const all = [...db.values()].map((t) => ({ ...t.conversation, draft: t.draft !== "" })).filter((c) => Boolean(c.trashed_at) === trash && c.title.toLowerCase().includes(words)).sort((a, b) => b.last_at.localeCompare(a.last_at));
    const from = Number(query.get("cursor") ?? 0);
    const limit = Number(query.get("limit") ?? 60);
    return { items: all.slice(from, from + limit), ...(from + limit < all.length ? { next_cursor: String(from + limit) } : {}) };
  },
  "POST /api/conversations": ({ body }) => {
    const conversation = { id: body.id ?? id(), title: body.title ?? "", model: body.model ?? "", pinned: false, created_at: now(), last_at: now(), unsent: 0, draft: false };
    if (!db.has(conversation.id)) db.set(conversation.id, { conversation, messages: [], draft: "" });
    return conversation;
  },
  "GET /api/conversations/:id": ({ params }) => {
    const t = find(params.id);
    return { ...t, ...(t.run ? { run: shown(t.run) } : {}) };
  },
  "PATCH /api/conversations/:id": ({ params, body }) => {
    const t = find(params.id);
    Object.assign(t.conversation, body);
    hint("conversations", params.id);
    return t.conversation;
  },
  "DELETE /api/conversations/:id": ({ params }) => {
    find(params.id).conversation.trashed_at = now();
    hint("conversations", params.id);
  },
  "POST /api/conversations/:id/restore": ({ params }) => {
    const t = find(params.id);
    delete t.conversation.trashed_at;
    hint("conversations", params.id);
    return t.conversation;
  },
  "PUT /api/conversations/:id/draft": ({ params, body }) => void (find(params.id).draft = body.text),
  "POST /api/chat": ({ body }) => {
    if (!db.has(body.conversation_id)) routes["POST /api/conversations"]({ body: { id: body.conversation_id, model: body.model } });
    const thread = find(body.conversation_id);
    let question = thread.messages.find((m) => m.id === body.message_id);
    if (!question) {
      question = { id: body.message_id, conversation_id: body.conversation_id, parent_id: body.parent_id ?? "", role: "user", text: body.text, created_at: now(), state: "sent" };
      thread.messages.push(question);
    }
    thread.draft = "";
    thread.conversation.title ||= question.text.split("\n")[0].slice(0, 60);
    thread.conversation.last_at = now();
    thread.conversation.model = body.model;
    if (!body.model.startsWith("local/") && state.server !== "connected") {
      question.state = "waiting";
      question.model = body.model;
      question.waits_for = "route.offline";
      thread.conversation.unsent = 1;
      queue.set(question.id, { message_id: question.id, conversation_id: body.conversation_id, title: thread.conversation.title, text: question.text.slice(0, 200), model: body.model, state: "waiting", waits_for: "route.offline", since: now(), attempts: 1 });
      hint("queue");
      return { id: id(), conversation_id: body.conversation_id, message_id: question.id, answer_id: id(), model: body.model, state: "waiting", waits_for: "route.offline", text: "", seq: 0, started_at: now() };
    }
    hint("conversations", body.conversation_id);
    return shown(start(thread, question, body.model));
  },
  "GET /api/chat/runs/:id": ({ params }) => shown(runs.get(params.id) ?? refuse(404, "not_found", "No such run.")),
  "POST /api/chat/runs/:id/stop": ({ params }) => {
    runs.get(params.id)?.stop();
    return shown(runs.get(params.id) ?? refuse(404, "not_found", "No such run."));
  },
  ...adminRoutes({ refuse, hint, id, now, data: flags.data }),
};

const table = Object.entries(routes).map(([key, run]) => {
  const [method, path] = key.split(" ");
  const names = [];
  const pattern = new RegExp(`^${path.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)"))}$`);
  return { method, pattern, names, run };
});
const kinds = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml" };
const csp = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

async function page(path, res) {
  const name = path.startsWith("/assets/") ? path.slice(1) : path.startsWith("/console") ? "console.html" : "index.html";
  const body = await readFile(join(dist, name));
  res.writeHead(200, { "Content-Type": kinds[extname(name)] ?? "application/octet-stream", "Content-Security-Policy": csp });
  res.end(body);
}

async function answer(req, res, url) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  for (const { method, pattern, names, run } of table) {
    const match = req.method === method && pattern.exec(url.pathname);
    if (!match) continue;
    const params = Object.fromEntries(names.map((name, i) => [name, match[i + 1]]));
    const result = await run({ params, query: url.searchParams, body: text ? JSON.parse(text) : undefined });
    if (result === undefined) return res.writeHead(204).end();
    return res.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(result));
  }
  refuse(404, "not_found", `No route ${req.method} ${url.pathname}`);
}

/** One answer of the playground, streamed; a model whose name says so is over a budget. */
async function trial(req, res) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const { model, messages } = JSON.parse(Buffer.concat(chunks).toString());
  if (model.includes("gpt") && flags.data === "refused") {
    const bound = { kind: "budget", holder: "user", amount: 40e9, period: "month", resets_at: "2026-12-01T00:00:00Z", zone: "Europe/Lisbon", contact: "ana@acme.test" };
    const problem = { type: "", title: "", status: 402, code: "quota.spent", key: "fault.quota.spent", detail: "The monthly budget of your account ($40.00) is spent.", bound };
    return res.writeHead(402, { "Content-Type": "application/problem+json", "X-Request-Id": "req_000001" }).end(JSON.stringify(problem));
  }
  const words = answers(messages.at(-1).text).match(/\s*\S+|\s+$/g) ?? [];
  res.writeHead(200, { "Content-Type": "text/event-stream", "X-Request-Id": "req_000001" });
  const began = Date.now();
  const say = (body) => res.write(`data: ${JSON.stringify({ ...body, elapsed_ms: Date.now() - began })}\n\n`);
  let at = 0;
  const timer = setInterval(() => {
    const piece = words.slice(at, at + 3).join("");
    at += 3;
    if (piece !== "" && at < 240) return say({ type: "text", text: piece });
    clearInterval(timer);
    say({ type: "done", outcome: { call_id: id(), deployment: `Example inference · ${model}`, finish: "stop", latency_ms: Date.now() - began, input_tokens: 412, output_tokens: at, cost_nano_usd: model.length * 400_000, attempts: 1 } });
    res.end();
  }, model.length);
  req.on("close", () => clearInterval(timer));
}

const server = createServer((req, res) => {
  const url = new URL(req.url, "http://fixture.test");
  if (url.pathname === "/api/events") {
    res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    res.write(": hello\n\n");
    listeners.add(res);
    req.on("close", () => listeners.delete(res));
    return;
  }
  const done = url.pathname === "/api/playground" ? trial(req, res) : url.pathname.startsWith("/api/") ? answer(req, res, url) : page(url.pathname, res);
  done.catch((error) => {
    const problem = error instanceof Refusal ? error.problem : { type: "", title: "", status: 500, code: "internal", key: "fault.internal", detail: String(error), id: "fixture1" };
    res.writeHead(problem.status, { "Content-Type": "application/problem+json" }).end(JSON.stringify(problem));
  });
});
setInterval(() => tell({ type: "hint", hint: { topic: "dashboard" } }), 5000).unref();
server.listen(Number(flags.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/#token=fixture-token-0000`));
