import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { AuditEntry } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { chooseLocale } from "@/i18n";
import { AuditPage } from "./AuditPage";

const entries: AuditEntry[] = [
  { seq: 3, at: "2026-01-02T10:00:00Z", actor: "Ana Example", action: "user.role_changed", target: "Rui Example", facts: { from: "member", to: "developer" }, hash: "c".repeat(64) },
  { seq: 2, at: "2026-01-02T09:00:00Z", actor: "operator", action: "key.created", target: "Nightly report", facts: { prefix: "nxs_live_4Fq2" }, hash: "b".repeat(64) },
  { seq: 1, at: "2026-01-02T08:00:00Z", actor: "system", action: "galaxy.folded", target: "everything", hash: "a".repeat(64) },
];
const list = "GET /api/admin/audit";
const verify = "GET /api/admin/audit/verify";
const users = { "GET /api/admin/users": [{ id: "u-ana", name: "Ana Example", email: "ana@acme.test" }] };

test("acts are told in words, those of a newer server by their code", async () => {
  await renderPage(AuditPage, { ...users, [list]: { items: entries } });
  expect(await screen.findByRole("row", { name: /Changed the role Rui Example Ana Example from: Member · to: Developer/ })).toBeVisible();
  expect(screen.getByRole("row", { name: /Created an API key Nightly report Operator/ })).toBeVisible();
  expect(screen.getByRole("row", { name: /galaxy\.folded everything System/ })).toBeVisible();
});

test("whose a budget or a limit is, is said in the reader’s language", async () => {
  const entry = (seq: number, facts: Record<string, string>): AuditEntry => ({ ...entries[1]!, seq, action: "budget.changed", target: `entry ${seq}`, facts });
  const items = [
    entry(5, { holder: "team", holder_id: "t-1", holder_name: "Research", period: "month", limit: "$400.00" }),
    entry(4, { holder: "conversation", holder_id: "", holder_name: "", period: "total", limit: "$1.00" }),
    entry(3, { holder: "tenant", holder_id: "", holder_name: "", period: "day", limit: "$2.00", begins_at: "2026-01-02T00:00:00Z" }),
    entry(2, { holder: "key", holder_id: "k-1", holder_name: "ci", measure: "requests", limit: "60" }),
    entry(1, { holder: "team", holder_id: "t-1", period: "month", limit: "$400.00" }),
  ];
  await renderPage(AuditPage, { ...users, [list]: { items } });
  expect(await screen.findByRole("row", { name: /Team Research · Monthly Operator amount: \$400\.00 / })).toBeVisible();
  expect(screen.getByRole("row", { name: /Each conversation · In total/ })).toBeVisible();
  expect(screen.getByRole("row", { name: /Whole organisation · Daily Operator amount: \$2\.00 · begins: / })).toBeVisible();
  expect(screen.getByRole("row", { name: /API key ci · Requests Operator amount: 60 / })).toBeVisible();
  expect(screen.getByRole("row", { name: /entry 1 Operator for: Team · period: Monthly/ })).toBeVisible(); // from before names were kept
  await chooseLocale("pt-PT");
  expect(await screen.findByRole("row", { name: /Equipa Research · Mensal/ })).toBeVisible();
  await chooseLocale("en");
});

test("every kind of act can be chosen, and each has its name", async () => {
  const user = userEvent.setup();
  await renderPage(AuditPage, { ...users, [list]: { items: [{ ...entries[1]!, action: "provider_key.created", target: "spare" }] } });
  expect(await screen.findByRole("row", { name: /Added a provider key spare/ })).toBeVisible();
  await user.click(screen.getByRole("combobox", { name: "Action" }));
  for (const name of ["Keys of providers", "Deployments", "Aliases", "Routing", "Prices", "Limits", "Budgets", "Ledger"]) expect(await screen.findByRole("option", { name })).toBeVisible();
});

test("filters go to the URL and to the host", async () => {
  const user = userEvent.setup();
  const view = await renderPage(AuditPage, { ...users, [list]: (asked: Asked) => ({ items: asked.query.get("action") === "key" ? entries.slice(1, 2) : entries }) });
  await screen.findByRole("row", { name: /galaxy/ });
  await user.click(screen.getByRole("combobox", { name: "Action" }));
  await user.click(await screen.findByRole("option", { name: "API keys" }));
  await screen.findByRole("table");
  expect(view.asked.filter((a) => a.path === "/api/admin/audit").at(-1)?.query.get("action")).toBe("key");
  expect(view.router.state.location.search).toEqual({ action: "key" });
});

test("Enter shows an entry with its whole hash", async () => {
  const user = userEvent.setup();
  await renderPage(AuditPage, { ...users, [list]: { items: entries } });
  (await screen.findByRole("row", { name: /Nightly/ })).focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog", { name: "Entry 2" });
  expect(within(drawer).getByText("b".repeat(64))).toBeVisible();
  expect(within(drawer).getByText("nxs_live_4Fq2")).toBeVisible();
});

test("a chain that fits is said with its head", async () => {
  const user = userEvent.setup();
  await renderPage(AuditPage, { ...users, [list]: { items: entries }, [verify]: { ok: true, entries: 3, head: "c".repeat(64) } });
  await user.click(screen.getByRole("button", { name: "Check the chain" }));
  expect(await screen.findByText("All 3 entries fit.")).toBeVisible();
  expect(screen.getByText("c".repeat(64))).toBeVisible();
});

test("a chain that breaks says where and what to do", async () => {
  const user = userEvent.setup();
  await renderPage(AuditPage, { ...users, [list]: { items: entries }, [verify]: { ok: false, entries: 3, bad_seq: 2, head: "" } });
  await user.click(screen.getByRole("button", { name: "Check the chain" }));
  expect(await screen.findByText("The chain breaks at entry 2.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Show entry 2" }));
  expect(await screen.findByRole("dialog", { name: "Entry 2" })).toBeVisible();
});

test("no entries, and a failure", async () => {
  const first = await renderPage(AuditPage, { [list]: { items: [] } }, { me: { ...ana, permissions: ["audit.read"] } });
  expect(await screen.findByText("No entries yet")).toBeVisible();
  expect(first.asked.map((a) => a.path)).toEqual(["/api/admin/audit"]);
  first.unmount();
  await renderPage(AuditPage, { ...users, [list]: problem(500, "internal") });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});
