// Deployments, money and limits of the fixture server (a test tool).
export function fleetRoutes({ refuse, id, now, at, data, names, logs, providers, models }) {
  const hostile = data === "hostile";
  const empty = data === "empty";
  const long = "م".repeat(40) + "-" + "W".repeat(79);
  const price = (input, output) => ({ source: "catalogue", input_nano_usd: input * 1e9, output_nano_usd: output * 1e9 });
  const prices = [{ source: "local" }, price(3, 15), price(1.25, 10), price(0.075, 0)];
  const deployments = empty ? [] : Array.from({ length: hostile ? 10_000 : 6 }, (_, i) => {
    const model = hostile && i % 7 === 2 ? long : models[i % 4];
    const circuit = i === 2 ? "open" : i === 5 ? "half_open" : "closed";
    return {
      id: id(), model, upstream: `${model}-2026-10`, kind: model.includes("e5") ? "embedding" : "chat", provider_id: providers[i % 2]?.id ?? id(), provider: i % 2 ? "Example inference" : "This server", provider_kind: "openai", enabled: i !== 4, region: i % 2 ? "eu" : "", own_region: "", weight: 1 + (i % 3), priority: i % 2, deadlines: i === 1 ? { first_token_ms: 20_000 } : {}, overrides: {}, source: "console",
      facts: { known: true, context_tokens: 200_000, max_output_tokens: 64_000, images: i % 2 === 1, tools: true, schema: true, reasoning: i === 1, prefill: false }, price: prices[i % 4],
      health: { state: i === 4 ? "disabled" : i === 3 ? "unready" : "ready", ...(i === 3 ? { detail: "The endpoint answered 401." } : {}), circuit, ...(circuit === "open" ? { retry_at: at(-0.4) } : {}), in_flight: (i * 3) % 7, ...(i === 1 ? { waiting: 4, cache_usage: 0.61 } : {}), first_token_ms: 120 + ((i * 97) % 900), errors: i % 2 ? [] : [{ at: at(3), code: "upstream.failed", detail: "The model's provider failed.", key_id: "k", key: "spare" }, { at: at(9), code: "timeout", detail: "The model's provider did not answer in time." }], benched: i === 2 ? [{ key_id: "k", key: "spare", until: at(-0.8) }] : [] },
    };
  });
  const aliases = empty ? [] : [{ name: "best", targets: ["claude-sonnet-5", "gpt-5.2", "qwen2.5-coder-1.5b"], larger: "gpt-5.2", regions: ["eu"], max_input_nano_usd: 3e9, hedge_after_ms: 1500, source: "console" }, { name: "fast", targets: ["qwen2.5-coder-1.5b", "gpt-5.2"], source: "file" }, ...(hostile ? [{ name: long, targets: [long, "gpt-5.2"], source: "console" }] : [])];
  const routing = empty ? { regions: [], roles: [] } : { regions: ["eu"], max_output_nano_usd: 20e9, roles: [{ role: "member", models: hostile ? [long, "qwen*"] : ["fast", "qwen*"] }] };
  const priced = empty ? [] : models.map((model, i) => ({ provider_id: providers[i % 2]?.id ?? id(), provider: i % 2 ? "Example inference" : "This server", upstream: model, now: i === 2 ? { ...price(1, 8), source: "override" } : prices[i], ...(i === 2 ? { catalogue: price(1.25, 10) } : {}), history: i === 2 ? [{ id: id(), valid_from: at(6000), input_nano_usd: 1e9, output_nano_usd: 8e9, note: "Contract of November", created_at: at(6000), created_by: names[0] }, { id: id(), valid_from: at(90_000), input_nano_usd: 1.1e9, output_nano_usd: 9e9, created_at: at(90_000), created_by: "operator" }] : [] }));
  const budget = (holder_kind, holder, period, amount, spent, reserved, more = {}) => ({ id: id(), holder_kind, holder, ...(holder_kind === "tenant" ? {} : { holder_id: id() }), period, amount_nano_usd: amount * 1e9, spent_nano_usd: spent * 1e9, reserved_nano_usd: reserved * 1e9, left_nano_usd: (amount - spent - reserved) * 1e9, ...(period === "total" ? {} : { resets_at: at(-60 * 40) }), contact: "ana@acme.test", unpriced: "deny", source: "console", created_at: at(9e4), ...more });
  const budgets = empty ? [] : [budget("tenant", "Acme", "month", 500, 312.4, 6.2), budget("user", hostile ? long : names[1], "month", 40, 33.1, 1.4), budget("key", "ci", "day", 5, 5, 0), budget("user", names[2], "day", 10, 0.42, 0.08), budget("team", "Research", "total", 2000, 860, 0, { source: "file", unpriced: "allow" }), ...(hostile ? Array.from({ length: 10_000 }, (_, i) => budget("key", `service-${i}`, "day", 5, (i % 50) / 10, 0)) : [])];
  const limits = empty ? [] : [["key", "", "requests", 600, 60, undefined], ["tenant", "Acme", "concurrency", 64, 0, 11], ["user", names[1], "output_tokens", 200_000, 3600, 143_020], ["model", "gpt-5.2", "requests", 100, 60, 100]].map(([holder_kind, holder, measure, amount, window_seconds, used], i) => ({ id: id(), holder_kind, ...(holder && holder_kind !== "tenant" ? { holder_id: id() } : {}), holder: hostile && i === 2 ? long : holder, measure, amount, window_seconds, on_failure: i === 1 ? "open" : "closed", ...(used === undefined ? {} : { used, resets_at: at(-0.5) }), sharing: "postgres", source: "console", created_at: at(9e4) }));
  const tries = (log) => (log.attempts > 1 || log.state === "failed" ? [
    { n: 1, deployment_id: "d1", deployment: "Example inference · gpt-5.2", model: "gpt-5.2-2026-10", key: "main", why: "load", started_at: log.at, latency_ms: Math.round(log.latency_ms * 0.35), error_code: "upstream.failed", input_tokens: 0, output_tokens: 0, cost_nano_usd: 0, request_id: "req_up_8f21ab" },
    { n: 2, deployment_id: "d2", deployment: "vLLM rack 2 · gpt-oss", model: "gpt-oss-120b", why: "fallback", started_at: new Date(Date.parse(log.at) + log.latency_ms * 0.4).toISOString(), first_token_ms: Math.round(log.latency_ms * 0.2), latency_ms: Math.round(log.latency_ms * 0.6), translated: true, ...(log.state === "failed" ? { error_code: "stream.cut" } : {}), input_tokens: log.input_tokens, output_tokens: log.output_tokens, reasoning_tokens: 40, cost_nano_usd: log.cost_nano_usd },
  ] : [{ n: 1, deployment_id: "d1", deployment: log.deployment, model: log.model, why: "affinity", key: "main", started_at: log.at, first_token_ms: log.first_token_ms, latency_ms: log.latency_ms, input_tokens: log.input_tokens, output_tokens: log.output_tokens, cost_nano_usd: log.cost_nano_usd }]);
  const costRow = (rowId, label, calls, cost, more = {}) => ({ id: rowId, label, calls, failed: Math.floor(calls / 40), unpriced: 0, input_tokens: calls * 1400, cached_tokens: calls * 300, output_tokens: calls * 310, cost_nano_usd: cost, ...more });
  const dayOf = (back) => new Date(Date.now() - back * 864e5).toISOString().slice(0, 10);
  return {
    "GET /api/admin/deployments": () => deployments,
    "PATCH /api/admin/deployments/:id": ({ params, body }) => Object.assign(deployments.find((d) => d.id === params.id) ?? refuse(404, "not_found", "No such deployment."), body),
    "POST /api/admin/deployments/:id/test": () => new Promise((done) => setTimeout(done, 3000)).then(() => ({ ok: true, latency_ms: 812, first_token_ms: 160, models: [], answer: "Hello there.", tested_model: "gpt-5.2-2026-10", key: "main" })),
    "GET /api/admin/aliases": () => aliases,
    "PUT /api/admin/aliases": ({ body }) => {
      const old = aliases.findIndex((a) => a.name === body.name);
      aliases.splice(old < 0 ? aliases.length : old, 1, body);
      return body;
    },
    "DELETE /api/admin/aliases": ({ query }) => void aliases.splice(aliases.findIndex((a) => a.name === query.get("name")), 1),
    "GET /api/admin/routing": () => routing,
    "PUT /api/admin/routing": ({ body }) => Object.assign(routing, body),
    "GET /api/admin/provider-kinds": () => [
      { kind: "openai", name: "OpenAI", base_url: "https://api.openai.com/v1", key: true },
      { kind: "anthropic", name: "Anthropic", base_url: "https://api.anthropic.com/v1", key: true },
      { kind: "azure", name: "Azure OpenAI", example: "https://example.openai.azure.com/openai", key: true, api_version: "2024-10-21" },
      { kind: "vllm", name: "vLLM", example: "http://10.0.4.2:8000/v1", key: false },
      { kind: "compatible", name: "OpenAI-compatible", example: "https://api.example.com/v1", key: false },
    ],
    "GET /api/admin/prices": () => priced,
    "POST /api/admin/prices": ({ body }) => Object.assign(priced.find((p) => p.upstream === body.upstream), { now: { ...body, source: "override" } }),
    "POST /api/admin/route/explain": () => ({ model: "best", alias: aliases[0], chosen: "d1", candidates: [
      { deployment_id: "d1", deployment: "Example inference · claude-sonnet-5", provider: "Example inference", key: "main", region: "eu", priority: 0, weight: 2, qualifies: true, in_flight: 3, first_token_ms: 310, score: 775, why: "affinity", affine: true },
      { deployment_id: "d2", deployment: "Example inference · gpt-5.2", provider: "Example inference", key: "main", region: "eu", priority: 1, weight: 1, qualifies: true, in_flight: 0, first_token_ms: 420, score: 420, translated: true, losses: ["logit_bias"] },
      { deployment_id: "d3", deployment: "This server · qwen2.5-coder-1.5b", provider: "This server", priority: 2, weight: 1, qualifies: false, reason: "context", in_flight: 0 },
      { deployment_id: "d4", deployment: "Example inference · claude-sonnet-5", provider: "Example inference", key: "spare", priority: 0, weight: 2, qualifies: false, reason: "benched", in_flight: 0 },
    ] }),
    "GET /api/admin/budgets": () => budgets,
    "POST /api/admin/budgets": ({ body }) => budgets[budgets.push(budget(body.holder_kind, names[3], body.period, body.amount_nano_usd / 1e9, 0, 0)) - 1],
    "GET /api/admin/alerts": () => (empty ? [] : [{ id: id(), at: at(12), budget_id: "b", holder: "ci", kind: "spent", percent: 100 }, { id: id(), at: at(240), budget_id: "b", holder: names[1], kind: "spent", percent: 80 }]),
    "GET /api/admin/limits": () => limits,
    "POST /api/admin/limits": ({ body }) => limits[limits.push({ ...body, id: id(), holder: body.holder_id ?? "", sharing: "postgres", source: "console", created_at: now() }) - 1],
    "DELETE /api/admin/limits/:id": ({ params }) => void limits.splice(limits.findIndex((l) => l.id === params.id), 1),
    "GET /api/admin/refusals": () => (empty ? [] : [{ code: "quota.spent", key: "ci", model: "gpt-5.2", calls: 48, last_at: at(4) }, { code: "rate.limited", user: names[1], model: "claude-sonnet-5", calls: 12, last_at: at(90) }, { code: "quota.unpriced", user: hostile ? long : names[2], model: "new-model", calls: 2, last_at: at(700) }]),
    "GET /api/admin/costs": ({ query }) => {
      const by = query.get("by") ?? "model";
      const days = empty ? [] : Array.from({ length: 27 }, (_, i) => costRow(dayOf(26 - i), dayOf(26 - i), i === 12 ? 0 : 80 + ((i * 37) % 60), i === 12 ? 0 : (6 + ((i * 7919) % 90) / 10) * 1e9));
      const of = { model: models.map((m, i) => costRow(m, m, 900 - i * 180, (4 - i) * 28e9, i === 3 ? { unpriced: 12 } : {})), user: names.map((n, i) => costRow(id(), hostile && i === 0 ? long : n, 700 - i * 120, (5 - i) * 19e9)), key: ["ci", "notebook"].map((n, i) => costRow(id(), n, 300 - i * 90, (2 - i) * 40e9)), deployment: models.map((m, i) => costRow(id(), `Example inference · ${m}`, 900 - i * 180, (4 - i) * 28e9)), day: days }[by];
      const rows = empty ? [] : [...of, ...(hostile && by === "key" ? Array.from({ length: 10_000 }, (_, i) => costRow(`k${i}`, `service-${i}`, 3, i * 1000)) : [])];
      const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
      return { from: at(60 * 24 * 26), to: now(), zone: "Europe/Lisbon", by, rows, days, total: { ...costRow("", "", 0, 0), ...Object.fromEntries(["calls", "failed", "unpriced", "input_tokens", "cached_tokens", "output_tokens", "cost_nano_usd"].map((key) => [key, sum(key)])) }, ...(empty ? {} : { forecast: { month_nano_usd: 301e9, low_nano_usd: 288e9, high_nano_usd: 316e9, basis_days: 26 } }) };
    },
    "POST /api/admin/logs/:id/contents": () => said(data),
    "GET /api/admin/contents": () => ({ keep: true, responses: false, kept_responses: 0, days: 30, readers: ["auditor", "owner"], roles: ["owner", "admin", "developer", "auditor"], since: at(9e3), calls: data === "empty" ? 0 : 1284, bytes: data === "empty" ? 0 : 9_412_300, ...(data === "empty" ? {} : { oldest: at(8e3) }) }),
    "PUT /api/admin/contents": ({ body }) => ({ ...body, kept_responses: 0, roles: ["owner", "admin", "developer", "auditor"], calls: 0, bytes: 0 }),
    "DELETE /api/admin/contents": () => ({ calls: 1284, responses: 0 }),
    "GET /api/admin/logs/:id": ({ params }) => {
      const log = logs.find((l) => l.id === params.id) ?? refuse(404, "not_found", "No such call.");
      return { ...log, tries: tries(log), ...contentsOf(log, at), ...(log.attempts > 1 ? { lost: ["logit_bias", "seed"] } : {}) };
    },
  };
}

const contentsOf = (log, at) => (log.state === "ok" ? { contents: "kept", contents_until: at(-40_000) } : { contents: { failed: "denied", running: "pending" }[log.state] ?? "not_kept", contents_until: at(-40_000) });

const said = (data) => ({
  prompt: [
    { role: "system", text: "You help engineers of a bank. Answer shortly." },
    { role: "user", text: data === "hostile" ? `<script>alert(1)</script> ${"م".repeat(80)} ${"W".repeat(300)}` : "When does **Raft** commit an entry of an older term?", pictures: 1 },
    { role: "assistant", text: "", calls: [{ name: "search_docs", arguments: '{"query":"raft commit rule"}' }] },
    { role: "tool", text: '{"hits":["§5.4.2"]}' },
  ],
  answers: [{ role: "assistant", reasoning: "The commit rule is in §5.4.2.", text: "Only **indirectly**: once an entry of its *own* term is on a majority.\n\n```go\nif term == current && count > n/2 {\n\tcommit(i)\n}\n```" }],
  answer_cut: true,
});
