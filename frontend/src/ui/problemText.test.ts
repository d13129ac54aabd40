import { afterEach, expect, test } from "vitest";
import { chooseLocale } from "@/i18n";
import type { BoundLike } from "./boundText";
import { problemDetail, problemHint, problemMessage } from "./problemText";

const refusal = (bound: BoundLike) => ({ code: bound.kind === "budget" ? "quota.spent" : "rate.limited", detail: "In English.", hint: "In English, too.", bound });
const monthly: BoundLike = { kind: "budget", holder: "user", amount: 12_500_000_000, period: "month", resets_at: "2026-12-01T00:00:00-03:00", zone: "America/Sao_Paulo", contact: "Ana" };
const rate: BoundLike = { kind: "limit", holder: "key", amount: 1200, measure: "input_tokens", window_seconds: 60, resets_at: new Date(Date.now() + 3_600_000).toISOString() };
/** Some runtimes put narrow or hard spaces into numbers and dates. */
const plain = (text: string | undefined) => text?.replace(/\s/gu, " ");

afterEach(() => chooseLocale("en"));

test.each([
  ["en", "The monthly budget of your account ($12.50) is spent.", /^It begins anew on (Dec 1|1 Dec) 2026, 00:00 GMT-3\. Ask Ana for more\.$|^It begins anew on Dec 1, 2026, 12:00 AM GMT-3\. Ask Ana for more\.$/],
  ["pt-PT", "O orçamento mensal da sua conta (12,50 $) está esgotado.", /^Recomeça em 1\/12\/2026, 00:00 .+\. Peça mais a Ana\.$|^Recomeça em 1 (de )?dez.* 2026.* 00:00 .+\. Peça mais a Ana\.$/],
  ["pt-BR", "O orçamento mensal da sua conta ($ 12,50) está esgotado.", /^Ele recomeça em 1 de dez\. de 2026, 00:00 .+\. Peça mais a Ana\.$/],
] as const)("a budget is worded in %s, with the hour of its team's zone", async (locale, message, hint) => {
  await chooseLocale(locale);
  expect(plain(problemMessage(refusal(monthly)))).toBe(message);
  expect(plain(problemHint(refusal(monthly)))).toMatch(hint);
});

test.each([
  ["en", "The limit of this key is reached: 1,200 input tokens a minute."],
  ["pt-PT", "O limite desta chave foi atingido: 1200 tokens de entrada por minuto."],
  ["pt-BR", "O limite desta chave foi atingido: 1.200 tokens de entrada por minuto."],
] as const)("a limit is worded in %s", async (locale, message) => {
  await chooseLocale(locale);
  expect(plain(problemMessage(refusal(rate)))).toBe(message);
  expect(problemHint(refusal(rate))).toMatch(/ \d?\d:\d\d:\d\d( [AP]M)?\. .+\.$/u);
  expect(problemHint(refusal(rate))).not.toContain("English");
});

test("what is only held back comes free in a moment; a place when a call ends", () => {
  expect(problemMessage(refusal({ ...monthly, period: "day", holder: "tenant", pending: true }))).toBe("The daily budget of your organisation ($12.50) has too little left while other calls are under way.");
  expect(problemHint(refusal({ kind: "budget", holder: "team", amount: 1, period: "total", pending: true }))).toBe("Try again in a moment, or ask for a shorter answer. Ask an administrator of your organisation for more.");
  const places: BoundLike = { kind: "limit", holder: "user", amount: 1, measure: "concurrency" };
  expect(problemMessage(refusal(places))).toBe("The limit of your account is reached: 1 call at a time.");
  expect(problemHint(refusal(places))).toMatch(/^There is room again when a call ends\./);
});

test("room that comes tomorrow has its day", () => {
  const at = new Date(Date.now() + 30 * 3_600_000);
  expect(problemHint(refusal({ ...rate, resets_at: at.toISOString() }))).toContain(String(at.getFullYear()));
});

test("what is left but too little is said, with a shorter answer as the next step", () => {
  const short = refusal({ kind: "budget", holder: "user", amount: 1e9, left: 250_000_000, period: "total" });
  expect(problemMessage(short)).toBe("The budget of your account ($1.00) has at most $0.25 left, which is too little for this call.");
  expect(problemHint(short)).toBe("Ask for a shorter answer. Ask an administrator of your organisation for more.");
});

test("a team has its name", () => {
  expect(problemMessage(refusal({ kind: "budget", holder: "team", name: "Research", amount: 1e9, period: "day" }))).toBe("The daily budget of your team “Research” ($1.00) is spent.");
});

test("every holder, period and measure has words", () => {
  for (const holder of ["tenant", "team", "user", "maker", "key", "conversation", "role", "model", "deployment"])
    for (const more of [{ kind: "budget", period: "day" }, { kind: "budget", period: "month" }, { kind: "budget", period: "total" }, { kind: "limit", measure: "requests", window_seconds: 1 }, { kind: "limit", measure: "input_tokens", window_seconds: 600 }, { kind: "limit", measure: "output_tokens", window_seconds: 7200 }, { kind: "limit", measure: "concurrency" }])
      expect(problemMessage(refusal({ holder, amount: 2, ...more })), `${holder} ${JSON.stringify(more)}`).not.toMatch(/undefined|\{\{|In English|used up|at once/);
});

test("a bound that this build has no words for falls back to the code's", () => {
  expect(problemMessage(refusal({ ...monthly, holder: "planet" }))).toBe("A budget or limit is used up.");
  expect(problemHint(refusal({ ...monthly, holder: "planet" }))).toBe("In English, too.");
  expect(problemMessage(refusal({ ...monthly, period: "century" }))).toBe("A budget or limit is used up.");
});

test("a zone that this browser does not know is no failure", () => {
  expect(problemHint(refusal({ ...monthly, zone: "Mars/Olympus" }))).toMatch(/^It begins anew on .+\. Ask Ana for more\.$/);
});

test.each(["en", "pt-PT"] as const)("in %s the host's own words stand only where they say more than the code", async (locale) => {
  await chooseLocale(locale);
  expect(problemDetail({ code: "upstream.failed", detail: "The model's provider failed." })).toBeUndefined();
  expect(problemDetail({ code: "upstream.failed", detail: "The endpoint answered 500." })).toBe("The endpoint answered 500.");
  expect(problemDetail({ code: "strange.new", detail: "Of a newer host." })).toBe("Of a newer host.");
  expect(problemDetail({ code: "timeout" })).toBeUndefined();
});
