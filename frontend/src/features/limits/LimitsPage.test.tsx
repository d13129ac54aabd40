import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Budget, Limit } from "@/api";
import { ana, problem, renderPage } from "@/test/page";
import { markOf, moneyOf, shareOf, wholeOf } from "./amount";
import { conversationOf } from "./conversation";
import { LimitsPage } from "./LimitsPage";

const team: Budget = { id: "b-1", holder_kind: "tenant", holder: "Acme", period: "month", amount_nano_usd: 100e9, spent_nano_usd: 60e9, reserved_nano_usd: 25e9, left_nano_usd: 15e9, resets_at: "2026-12-01T00:00:00Z", unpriced: "deny", source: "console", created_at: "2026-11-01T00:00:00Z", contact: "ana@acme.test" };
const spent: Budget = { ...team, id: "b-2", holder_kind: "user", holder_id: "u-1", holder: "Rui Exemplo", period: "day", amount_nano_usd: 2e9, spent_nano_usd: 2e9, reserved_nano_usd: 0, left_nano_usd: 0 };
const rate: Limit = { id: "l-1", holder_kind: "key", holder: "", measure: "requests", amount: 60, window_seconds: 60, on_failure: "closed", sharing: "postgres", source: "console", created_at: "2026-11-01T00:00:00Z" };
const budgets = "GET /api/admin/budgets";
const alerts = "GET /api/admin/alerts";
const limits = "GET /api/admin/limits";
const people = { "GET /api/admin/users": [{ id: "u-1", name: "Rui Exemplo", email: "rui@acme.test" }], "GET /api/admin/keys": [] };

test("what is left, what is reserved, and alerts", async () => {
  await renderPage(LimitsPage, { [budgets]: [team, spent], [alerts]: [{ id: "a-1", at: new Date().toISOString(), budget_id: "b-1", holder: "Acme", kind: "spent", percent: 80 }] });
  const row = await screen.findByRole("row", { name: /Whole organisation/ });
  expect(row).toHaveTextContent(/85%.*\$15\.00.*\$60\.00.*\$25\.00.*\$100\.00/);
  expect(within(row).getByRole("meter")).toHaveAttribute("aria-valuetext", "$60.00 spent, $25.00 reserved, $15.00 left");
  expect(await screen.findByText(/Acme has used 80% of the budget/)).toBeVisible();
});

test("a spent budget says until when calls are refused", async () => {
  const user = userEvent.setup();
  await renderPage(LimitsPage, { [budgets]: [spent], [alerts]: [] });
  (await screen.findByRole("row", { name: /Rui Exemplo/ })).focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog");
  expect(drawer).toHaveTextContent("Calls are refused until");
  expect(within(drawer).getByRole("link", { name: "See its calls" })).toHaveAttribute("href", expect.stringContaining("user=u-1"));
});

test("a budget is created for a user, with what was typed", async () => {
  const user = userEvent.setup();
  const view = await renderPage(LimitsPage, { ...people, [budgets]: [], [alerts]: [], "POST /api/admin/budgets": spent });
  await user.click((await screen.findAllByRole("button", { name: "Create budget" }))[0]!);
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  expect(await within(dialog).findByText("An amount such as 25 or 0.50.")).toBeVisible();
  await user.type(within(dialog).getByRole("textbox", { name: "Amount" }), "12,5");
  await user.click(within(dialog).getByRole("combobox", { name: "For" }));
  await user.click(await screen.findByRole("option", { name: "User" }));
  const which = await within(dialog).findByRole("combobox", { name: "Which" });
  await waitFor(() => expect(which).toBeEnabled());
  await user.click(which);
  await user.click(await screen.findByRole("option", { name: /Rui Exemplo/ }));
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  await waitFor(() => expect(view.posted("/api/admin/budgets")?.body).toEqual({ holder_kind: "user", holder_id: "u-1", period: "month", amount_nano_usd: 12_500_000_000, contact: "ana@acme.test", unpriced: "deny" }));
});

test("a budget of a team is chosen by typing a part of its name, and each team’s by its own choice", async () => {
  const user = userEvent.setup();
  const teams = [{ id: "t-1", name: "Investigação", members: 3, budgets: [] }, { id: "t-2", name: "Platform", members: 1, budgets: [] }];
  const view = await renderPage(LimitsPage, { [budgets]: [], [alerts]: [], "GET /api/admin/teams": teams, "POST /api/admin/budgets": { ...spent, holder_kind: "team", holder_id: "t-1", holder: "Investigação" } });
  await user.click((await screen.findAllByRole("button", { name: "Create budget" }))[0]!);
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByRole("textbox", { name: "Amount" }), "5");
  await user.click(within(dialog).getByRole("combobox", { name: "For" }));
  await user.click(await screen.findByRole("option", { name: "Team" }));
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  expect(await within(dialog).findByText("This is needed.")).toBeVisible();
  const which = await within(dialog).findByRole("combobox", { name: "Which" });
  await waitFor(() => expect(which).toBeEnabled());
  await user.click(which);
  expect(within(dialog).getAllByRole("option").map((option) => option.textContent)).toEqual(["Each team", "Investigação", "Platform"]);
  await user.type(which, "cao{Enter}");
  expect(which).toHaveValue("Investigação");
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  await waitFor(() => expect(view.posted("/api/admin/budgets")?.body).toMatchObject({ holder_kind: "team", holder_id: "t-1" }));
});

test("a conversation is meant by its address, and what is wrong with another is said", async () => {
  const user = userEvent.setup();
  const view = await renderPage(LimitsPage, { [budgets]: [], [alerts]: [], "POST /api/admin/budgets": problem(404, "not_found") });
  await user.click((await screen.findAllByRole("button", { name: "Create budget" }))[0]!);
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByRole("textbox", { name: "Amount" }), "5");
  await user.click(within(dialog).getByRole("combobox", { name: "For" }));
  await user.click(await screen.findByRole("option", { name: "Conversation" }));
  const which = within(dialog).getByRole("textbox", { name: "Which conversation" });
  await user.type(which, "http://127.0.0.1:8787/#/settings{Tab}");
  expect(await within(dialog).findByText(/leads to no conversation/)).toBeVisible();
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  expect(view.posted("/api/admin/budgets")).toBeUndefined();
  await user.clear(which);
  await user.type(which, "http://127.0.0.1:8787/#/chat/0192F3A4-7b1c-7def-8123-456789abcdef");
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  await waitFor(() => expect(view.posted("/api/admin/budgets")?.body).toMatchObject({ holder_kind: "conversation", holder_id: "0192f3a4-7b1c-7def-8123-456789abcdef" }));
  expect(await within(dialog).findByText("There is no conversation with this id on the server.")).toBeVisible();
});

test("a budget can be for each conversation by itself", async () => {
  const user = userEvent.setup();
  const { holder_id: _id, ...each } = { ...spent, holder_kind: "conversation" as const, holder: "" };
  const view = await renderPage(LimitsPage, { [budgets]: [], [alerts]: [], "POST /api/admin/budgets": each });
  await user.click((await screen.findAllByRole("button", { name: "Create budget" }))[0]!);
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByRole("textbox", { name: "Amount" }), "5");
  await user.click(within(dialog).getByRole("combobox", { name: "For" }));
  await user.click(await screen.findByRole("option", { name: "Conversation" }));
  await user.click(within(dialog).getByRole("combobox", { name: "Which" }));
  await user.click(await screen.findByRole("option", { name: "Each conversation" }));
  expect(within(dialog).queryByRole("textbox", { name: "Which conversation" })).not.toBeInTheDocument();
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  await waitFor(() => expect(view.posted("/api/admin/budgets")?.body).toEqual({ holder_kind: "conversation", period: "month", amount_nano_usd: 5e9, contact: "ana@acme.test", unpriced: "deny" }));
  expect(await screen.findByText("The budget of Each conversation is saved")).toBeVisible();
});

test("what each of a kind has for itself is called so", async () => {
  const { holder_id: _id, ...each } = { ...spent, holder_kind: "team" as const, holder: "" };
  await renderPage(LimitsPage, { [budgets]: [each], [alerts]: [] });
  expect(await screen.findByRole("row", { name: /Each team/ })).toBeVisible();
});

test("limits are listed with how they are counted, and one is changed", async () => {
  const user = userEvent.setup();
  const view = await renderPage(LimitsPage, { [limits]: [rate], "PATCH /api/admin/limits/l-1": { ...rate, amount: 90 } }, { url: "/?view=rates" });
  await user.click(await screen.findByRole("row", { name: /Each API key.*Requests.*60.*a minute/ }));
  const dialog = await screen.findByRole("dialog");
  const most = within(dialog).getByRole("textbox", { name: "At most" });
  await user.clear(most);
  await user.type(most, "90");
  await user.click(within(dialog).getByRole("radio", { name: "Let through" }));
  await user.click(within(dialog).getByRole("button", { name: "Save limit" }));
  await waitFor(() => expect(view.posted("/api/admin/limits/l-1")?.body).toEqual({ amount: 90, on_failure: "open", window_seconds: 60 }));
  expect(screen.getByText(/coarser than with Redis/)).toBeInTheDocument();
});

test("a limit that was deleted can be had back", async () => {
  // The toast comes in the very render in which the panel goes; jsdom then takes it for covered, browsers do not.
  const user = userEvent.setup({ pointerEventsCheck: 0 });
  const named = { ...rate, holder_kind: "model" as const, holder_id: "gpt-5.2", holder: "gpt-5.2" };
  const view = await renderPage(LimitsPage, { [limits]: [named], "DELETE /api/admin/limits/l-1": undefined, "POST /api/admin/limits": named }, { url: "/?view=rates" });
  await user.click(await screen.findByRole("row", { name: /gpt-5\.2/ }));
  await user.click(await screen.findByRole("button", { name: "Delete limit" }));
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  const { measure, amount, on_failure, window_seconds } = rate;
  await waitFor(() => expect(view.posted("/api/admin/limits")?.body).toEqual({ holder_kind: "model", holder_id: "gpt-5.2", measure, amount, on_failure, window_seconds }));
});

test("a budget is at 100% when nothing is left, not before", async () => {
  const nearly = { ...spent, amount_nano_usd: 100e9, spent_nano_usd: 99.96e9, reserved_nano_usd: 0, left_nano_usd: 0.04e9 };
  await renderPage(LimitsPage, { [budgets]: [nearly], [alerts]: [] });
  expect(await screen.findByRole("row", { name: /99%.*\$0\.04/ })).toBeVisible();
});

test("who was refused and why", async () => {
  await renderPage(LimitsPage, { "GET /api/admin/refusals": [{ code: "quota.spent", user: "Rui Exemplo", model: "gpt-5.2", calls: 12, last_at: new Date().toISOString() }] }, { url: "/?view=refused" });
  expect(await screen.findByRole("row", { name: /Rui Exemplo.*gpt-5\.2.*Budget used up.*12/ })).toBeVisible();
});

test("who may only read has no acts", async () => {
  await renderPage(LimitsPage, { [budgets]: [team], [alerts]: [] }, { me: { ...ana, permissions: ["limits.read"] } });
  expect(await screen.findByRole("row", { name: /Whole organisation/ })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Create budget" })).not.toBeInTheDocument();
});

test("without budgets it says where to begin; a failure has its message", async () => {
  await renderPage(LimitsPage, { [budgets]: [], [alerts]: [] });
  expect(await screen.findByText("No budgets yet")).toBeVisible();
  await renderPage(LimitsPage, { [limits]: problem(500, "internal") }, { url: "/?view=rates" });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});

test.each([["25", 25e9], ["0,50", 5e8], ["$3.2", 3.2e9], ["", NaN], ["-1", NaN], ["1e9", NaN], ["12.1234567891", NaN]])("money typed as %j is %s", (text, nano) => expect(moneyOf(text)).toEqual(nano));
test.each([["60", 60], ["1,000", 1000], ["1 000", 1000], ["1.5", NaN], ["", NaN], ["-3", NaN]])("a number typed as %j is %s", (text, n) => expect(wholeOf(text)).toEqual(n));

test("what is reserved counts as spent, and nothing is spent when there is nothing", () => {
  expect(markOf(team)).toBe("near");
  expect(markOf({ ...team, spent_nano_usd: 75e9 })).toBe("spent");
  expect(shareOf({ ...team, amount_nano_usd: 0 })).toBe(1);
});

const id = "0192f3a4-7b1c-7def-8123-456789abcdef";
test.each([
  [`  ${id.toUpperCase()} `, { id }], [`wails://wails/#/chat/${id}`, { id }], [`http://127.0.0.1:1/#/chat/${id}?x=1`, { id }], [`/chat/${id}`, { id }],
  [`https://ai.acme.test/console/logs?call=${id}`, { wrong: "link" }], [`http://127.0.0.1:1/#/chat/${id}0`, { wrong: "link" }], ["Raft", { wrong: "id" }], [id.slice(1), { wrong: "id" }],
])("%j names %j", (text, meant) => expect(conversationOf(text)).toEqual(meant));
