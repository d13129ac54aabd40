import { fleetRoutes } from "./fixture-fleet.mjs";
import { teamRoutes } from "./fixture-teams.mjs";

// The console's half of the fixture server (a test tool).
const names = ["Ana Example", "Bruno Exemplo", "Chen Sample", "Dora Muster", "Eli Esempio"];

const poolOf = (id, at) => ["main", "spare", "night jobs"].map((name, i) => ({ id: id(), name, enabled: i !== 2, state: ["ready", "benched", "disabled"][i], benched: i === 1 ? [{ deployment_id: "d", model: "gpt-5.2", until: at(-0.8) }] : [], created_at: at(9e4), rotated_at: at(4e4 * (i + 1)), ...(i === 1 ? { last_error: { at: at(0.3), code: "rate.limited", detail: "The provider allows 500 requests a minute." } } : {}), ...(i === 2 ? { reference: "env:NIGHT_KEY" } : {}) }));

export function adminRoutes({ refuse, hint, id, now, data }) {
  const hostile = data === "hostile";
  const long = `${"م".repeat(40)}-${"W".repeat(79)}`;
  const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  const many = hostile ? 3000 : data === "empty" ? 0 : 140;
  const permissions = ["chat.use", "models.use", "dashboard.read", "logs.read", "users.read", "users.write", "keys.read", "keys.write", "providers.read", "providers.write", "audit.read", "limits.read", "limits.write", "costs.read", "contents.write"];
  const me = { user_id: id(), email: "ana@acme.test", name: "Ana Example", role: "owner", permissions, tenant_id: id(), tenant_name: "Acme", tenant_slug: "acme", session_id: id() };
  const session = () => ({ expires_at: new Date(Date.now() + 9e5).toISOString(), me });
  let signedIn = false;
  const users = data === "empty" ? [] : names.map((name, i) => ({ id: id(), email: `${name.split(" ")[0].toLowerCase()}@acme.test`, name: hostile && i === 2 ? "م".repeat(60) + "W".repeat(60) : name, role: ["owner", "admin", "developer", "member", "auditor"][i], state: ["active", "active", "active", "invited", "disabled"][i], created_at: at(60 * 24 * (40 - i)), ...(i < 3 ? { seen_at: at(i * 31) } : {}) }));
  const keys = data === "empty" ? [] : ["ci", "notebook", "staging gateway", ...(hostile ? [long, "👩‍👩‍👧‍👦🏳️‍🌈 =HYPERLINK(1)", ...Array.from({ length: 2000 }, (_, i) => `service-${i}`)] : [])].map((name, i) => ({ id: id(), name, prefix: `nxs_live_${"aZ9"[i % 3]}k3`, scopes: i ? ["models.use"] : ["models.use", "logs.read"], models: i === 1 ? ["qwen2.5-coder-1.5b", hostile ? `${"W".repeat(90)}-*` : "gpt-*"] : [], created_by: hostile && i > 2 ? long : names[i % 5], created_at: at(60 * 24 * 9 * (i + 1)), ...(i === 0 ? { used_at: at(3) } : {}), ...(i === 1 ? { expires_at: at(-60 * 24 * 20) } : {}), ...(i === 2 ? { revoked_at: at(500) } : {}) }));
  const providers = data === "empty" ? [] : [
    { id: id(), name: "This server", kind: "local", has_key: false, keys: [], enabled: true, models: [{ id: "qwen2.5-coder-1.5b", upstream: "qwen2.5-coder-1.5b", kind: "chat" }, { id: "multilingual-e5-small", upstream: "multilingual-e5-small", kind: "embedding" }], state: "ready", source: "builtin", created_at: at(9e4), tested_at: at(4) },
    { id: id(), name: "Example inference", kind: "openai", base_url: "https://api.example.com/v1", has_key: true, keys: poolOf(id, at), enabled: true, models: [{ id: "gpt-5.2", upstream: "gpt-5.2-2026-10", kind: "chat", input_nano_usd: 1250000, output_nano_usd: 10000000 }], state: "unready", detail: "The endpoint answered 401.", source: "console", created_at: at(7e4), tested_at: at(55) },
    { id: id(), name: "vLLM rack 2", kind: "openai", base_url: "http://10.0.4.2:8000/v1", has_key: false, keys: [], enabled: false, models: [], state: "disabled", source: "file", created_at: at(5e4) },
  ];
  const models = ["qwen2.5-coder-1.5b", "claude-sonnet-5", "gpt-5.2", "multilingual-e5-small"];
  const logs = Array.from({ length: many }, (_, i) => {
    const model = hostile && i % 5 === 3 ? long : models[i % 4];
    const huge = hostile && i % 6 === 2 ? 987_654 : 1;
    const state = i === 0 ? "running" : i % 17 === 0 ? "failed" : i % 23 === 0 ? "stopped" : "ok";
    return { id: id(), at: at(i * 1.7), surface: i % 3 ? "chat" : "v1", operation: model.includes("e5") ? "embeddings" : "chat", model, deployment: i % 4 ? "Example inference" : "This server", ...(i % 3 ? { user: hostile && i % 4 === 1 ? long : names[i % 5] } : { key: "ci" }), streamed: true, state, ...(state === "failed" ? { error_code: "upstream.failed" } : {}), input_tokens: huge * (200 + ((i * 37) % 3000)), output_tokens: huge * ((i * 53) % 900), latency_ms: huge * (300 + ((i * 211) % 9000)), first_token_ms: 90 + ((i * 17) % 700), cost_nano_usd: i % 4 ? huge * ((i * 53) % 900) * 15000 : 0, ...(i % 11 === 0 ? { unpriced: true } : {}), attempts: state === "failed" ? 2 : 1, request_id: `req_${i.toString(36).padStart(6, "0")}` };
  });
  const audit = Array.from({ length: many }, (_, i) => ({ seq: many - i, at: at(i * 47), actor: names[i % 3], action: ["user.invited", "key.created", "provider.tested", "session.started", "user.role_changed", "team.member_added", "budget.changed"][i % 7], target: ["dora@acme.test", "ci", "Example inference", "Firefox · Linux", "Chen Sample", hostile ? long : "Research", "the monthly budget of team Research"][i % 7], facts: [{}, {}, {}, {}, { from: "member", to: "developer" }, { member: "Dora Muster", member_id: "x" }, { holder: "team", holder_id: "x", holder_name: "Research", period: "month", limit: "$400.00" }][i % 7], hash: (i * 2654435761).toString(16).padStart(64, "0").slice(0, 64) }));
  const page = (items, query) => {
    const from = Number(query.get("cursor") ?? 0);
    const limit = Number(query.get("limit") ?? 100);
    return { items: items.slice(from, from + limit), ...(from + limit < items.length ? { next_cursor: String(from + limit) } : {}) };
  };
  const need = () => signedIn || refuse(401, "auth.required", "Sign in first.");
  const guarded = (fn) => (input) => (need(), fn(input));
  return {
    "POST /api/auth/login": ({ body }) => (body.password === "wrong" ? refuse(401, "auth.required", "Wrong.") : ((signedIn = true), session())),
    "POST /api/auth/exchange": ({ body }) => (body.token.includes("dead") ? refuse(410, "gone", "Used.") : ((signedIn = true), session())),
    "POST /api/auth/register": ({ body }) => (body.token.includes("dead") ? refuse(410, "gone", "Used.") : ((signedIn = true), session())),
    "POST /api/auth/refresh": () => refuse(401, "auth.required", "Sign in first."),
    "POST /api/auth/logout": () => void (signedIn = false),
    "GET /api/auth/me": guarded(() => me),
    "GET /api/auth/sessions": () => [{ id: me.session_id, device: "Chrome · Linux", current: true, created_at: at(900), seen_at: at(0), ip: "127.0.0.1" }, { id: id(), device: "NexusAI desktop · macOS", current: false, created_at: at(9000), seen_at: at(220), ip: "192.0.2.7" }],
    "DELETE /api/auth/sessions/:id": () => undefined,
    "GET /api/admin/dashboard": guarded(({ query }) => {
      const range = query.get("range") ?? "1h";
      const [step, count] = { "1h": [60, 60], "24h": [900, 96], "7d": [7200, 84], "30d": [28800, 90] }[range];
      const end = Math.floor(Date.now() / 1000 / step) * step;
      const points = Array.from({ length: data === "empty" ? 0 : count }, (_, i) => {
        const calls = i > 20 && i < 26 ? 0 : Math.round(8 + 6 * Math.sin(i / 7) + ((i * 7919) % 5));
        return { at: new Date((end - (count - i) * step) * 1000).toISOString(), calls, failed: i % 19 === 0 ? 1 : 0, output_tokens: calls * 310, cost_nano_usd: calls * 2_100_000, p50_ms: calls ? 800 + ((i * 131) % 900) : null, first_token_p50_ms: calls ? 140 + ((i * 31) % 120) : null };
      });
      const sum = (key) => points.reduce((total, p) => total + p[key], 0);
      return { from: at(60), to: now(), step_seconds: step, running: 2, calls: sum("calls"), failed: sum("failed"), input_tokens: sum("output_tokens") * 3, output_tokens: sum("output_tokens"), cost_nano_usd: sum("cost_nano_usd"), active_users: 3, p50_ms: 1130, p95_ms: 4210, first_token_p50_ms: 190, points, models: models.map((model, i) => ({ model, calls: 400 - i * 90, output_tokens: 90_000 - i * 20_000, cost_nano_usd: i * 310_000_000 })) };
    }),
    "GET /api/admin/logs": guarded(({ query }) => {
      const picked = logs.filter((l) => (!query.get("model") || l.model === query.get("model")) && (!query.get("state") || l.state === query.get("state")));
      const sum = (key) => picked.reduce((total, l) => total + l[key], 0);
      return { ...page(picked, query), totals: { calls: picked.length, input_tokens: sum("input_tokens"), output_tokens: sum("output_tokens"), cost_nano_usd: sum("cost_nano_usd") } };
    }),
    "GET /api/admin/users": guarded(() => users),
    "POST /api/admin/users": guarded(({ body }) => {
      const user = { id: id(), email: body.email, name: body.name ?? "", role: body.role, state: "invited", created_at: now() };
      users.push(user);
      hint("users");
      return { url: `http://127.0.0.1:8080/console#kind=invite&link=${"i".repeat(32)}`, expires_at: at(-60 * 72), user };
    }),
    "PATCH /api/admin/users/:id": guarded(({ params, body }) => {
      const user = users.find((u) => u.id === params.id) ?? refuse(404, "not_found", "No such user.");
      if (user.role === "owner") refuse(409, "conflict", "The last owner stays owner.");
      if (body.disabled !== undefined) user.state = body.disabled ? "disabled" : "active";
      if (body.role) user.role = body.role;
      if (body.name) user.name = body.name;
      return user;
    }),
    "POST /api/admin/users/:id/reset": guarded(({ params }) => ({ url: `http://127.0.0.1:8080/console#kind=reset&link=${"r".repeat(32)}`, expires_at: at(-60 * 24), user: users.find((u) => u.id === params.id) })),
    "GET /api/admin/keys": guarded(() => keys),
    "POST /api/admin/keys": guarded(({ body }) => {
      const key = { id: id(), name: body.name, prefix: "nxs_live_Qw3", scopes: body.scopes?.length ? body.scopes : ["models.use"], models: body.models ?? [], created_by: me.name, created_at: now(), ...(body.expires_at ? { expires_at: body.expires_at } : {}) };
      keys.unshift(key);
      return { key, secret: `nxs_live_${"Qw3rTy".repeat(6)}` };
    }),
    "PATCH /api/admin/keys/:id": guarded(({ params, body }) => Object.assign(keys.find((k) => k.id === params.id), body)),
    "DELETE /api/admin/keys/:id": guarded(({ params }) => void (keys.find((k) => k.id === params.id).revoked_at = now())),
    "GET /api/admin/providers": guarded(() => providers),
    "POST /api/admin/providers": guarded(({ body }) => {
      const provider = { id: id(), name: body.name, kind: "openai", base_url: body.base_url, has_key: Boolean(body.api_key), keys: [], enabled: body.enabled ?? true, models: body.models ?? [], state: "untested", source: "console", created_at: now() };
      providers.push(provider);
      return provider;
    }),
    "PATCH /api/admin/providers/:id": guarded(({ params, body }) => Object.assign(providers.find((p) => p.id === params.id), body)),
    "DELETE /api/admin/providers/:id": guarded(({ params }) => void providers.splice(providers.findIndex((p) => p.id === params.id), 1)),
    "POST /api/admin/providers/:id/test": guarded(({ params }) => (providers.find((p) => p.id === params.id).state === "unready" ? { ok: false, latency_ms: 210, models: [], problem: { type: "", title: "", status: 502, code: "upstream.refused", key: "fault.upstream.refused", detail: "The endpoint answered 401." } } : { ok: true, latency_ms: 912, first_token_ms: 180, models: ["a", "b"], answer: "Hello", tested_model: "a" })),
    ...Object.fromEntries(Object.entries({ ...fleetRoutes({ refuse, id, now, at, data, names, logs, providers, models }), ...teamRoutes({ refuse, id, now, at, data, users }) }).map(([route, answer]) => [route, guarded(answer)])),
    "GET /api/admin/audit": guarded(({ query }) => page(audit.filter((e) => !query.get("action") || e.action === query.get("action")), query)),
    "GET /api/admin/audit/verify": guarded(() => ({ ok: true, entries: many, head: audit[0]?.hash ?? "" })),
  };
}
