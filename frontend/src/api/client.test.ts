import { afterEach, expect, test, vi } from "vitest";
import { bearerAuth, cookieAuth } from "./auth";
import { configureApi } from "./client";
import { login } from "./account";
import { patchConversation } from "./conversations";
import { sendMessage } from "./chat";
import { problemOf, ProblemError } from "./problem";

afterEach(() => vi.unstubAllGlobals());

type Call = { url: string; init: RequestInit };

function host(...answers: (Response | Error)[]) {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    const next = answers.shift();
    if (!next) throw new Error("asked too often");
    if (next instanceof Error) throw next;
    return next;
  });
  return calls;
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { "Content-Type": status > 399 ? "application/problem+json" : "application/json" } });
const refusal = json.bind(null, { code: "auth.token_expired", detail: "Over.", key: "fault.auth.token_expired", status: 401, title: "", type: "" }, 401);

test("the bearer goes along, and the body is a string", async () => {
  configureApi({ auth: bearerAuth("secret") });
  const calls = host(json({ id: "r" }));
  await sendMessage({ conversation_id: "c", message_id: "m", text: "olá", model: "x" });
  expect(calls[0]?.url).toBe("http://nexus.test/api/chat");
  expect(new Headers(calls[0]?.init.headers).get("authorization")).toBe("Bearer secret");
  expect(calls[0]?.init.body).toBe('{"conversation_id":"c","message_id":"m","text":"olá","model":"x"}');
});

test("an expired cookie is renewed once for all who notice, and each request repeated", async () => {
  const renewals = vi.fn(async () => true);
  configureApi({ auth: cookieAuth(renewals) });
  const calls = host(refusal(), refusal(), json({ id: "1" }), json({ id: "2" }));
  await Promise.all([patchConversation("1", { title: "a" }), patchConversation("2", { title: "b" })]);
  expect(renewals).toHaveBeenCalledTimes(1);
  expect(calls.map((c) => c.init.body).sort()).toEqual(['{"title":"a"}', '{"title":"a"}', '{"title":"b"}', '{"title":"b"}']);
});

test("a session that cannot be renewed is told once, and the refusal is thrown", async () => {
  const auth = cookieAuth(async () => false);
  const lost = vi.fn();
  auth.onLost(lost);
  configureApi({ auth });
  host(refusal());
  await expect(patchConversation("1", { title: "a" })).rejects.toMatchObject({ code: "auth.token_expired" });
  expect(lost).toHaveBeenCalledTimes(1);
});

test("a wrong password is an answer and no expired session", async () => {
  const renewals = vi.fn(async () => true);
  configureApi({ auth: cookieAuth(renewals) });
  host(refusal());
  await expect(login("ana@acme.test", "x", "")).rejects.toBeInstanceOf(ProblemError);
  expect(renewals).not.toHaveBeenCalled();
});

test.each([
  ["no answer", new TypeError("failed to fetch"), "network"],
  ["HTML from a proxy", new Response("<html>bad gateway</html>", { status: 502, headers: { "Content-Type": "text/html" } }), "reply.invalid"],
  ["a problem", json({ code: "quota.spent", detail: "Spent.", key: "fault.quota.spent", status: 422 }, 422), "quota.spent"],
] as const)("%s becomes a problem", async (_name, answer, code) => {
  configureApi({ auth: bearerAuth("s") });
  host(answer);
  const error: unknown = await patchConversation("1", {}).catch((e: unknown) => e);
  expect(problemOf(error).code).toBe(code);
});
