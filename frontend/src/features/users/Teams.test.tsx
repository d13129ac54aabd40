import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { Budget, Team, TeamMember, User } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { UsersPage } from "./UsersPage";

const budget: Budget = { id: "b-1", holder_kind: "team", holder_id: "t-1", holder: "Research", period: "month", amount_nano_usd: 100e9, spent_nano_usd: 60e9, reserved_nano_usd: 25e9, left_nano_usd: 15e9, unpriced: "deny", source: "console", created_at: "2026-11-01T00:00:00Z" };
const research: Team = { id: "t-1", name: "Research", members: 1, budgets: [{ ...budget, id: "b-2", period: "total", amount_nano_usd: 1000e9, left_nano_usd: 915e9 }, budget], source: "console", created_at: "2026-11-01T00:00:00Z" };
const support: Team = { id: "t-2", name: "Support", members: 0, budgets: [], source: "file", created_at: "2026-11-01T00:00:00Z" };
const rui: User = { id: "u-rui", email: "rui@acme.test", name: "Rui Example", role: "member", state: "active", created_at: "2026-01-02T10:00:00Z" };
const dora: User = { ...rui, id: "u-dora", email: "dora@acme.test", name: "Dora Muster" };
const member = ({ id, email, name, role, state }: User): TeamMember => ({ id, email, name, role, state, added_at: "2026-11-02T00:00:00Z" });
const list = "GET /api/admin/teams";
const inside = "GET /api/admin/teams/t-1/members";
const url = { url: "/?view=teams" };
const row = (name: RegExp) => screen.findByRole("row", { name });

/** A host whose one team changes. */
function changing() {
  let members = [member(rui)];
  return {
    [list]: () => [{ ...research, members: members.length }, support],
    [inside]: () => members,
    "GET /api/admin/users": [rui, dora],
    "PUT /api/admin/teams/t-1/members/u-dora": () => void (members = [...members, member(dora)]),
    "PUT /api/admin/teams/t-1/members/u-rui": () => void (members = [...members, member(rui)]),
    "DELETE /api/admin/teams/t-1/members/u-rui": () => void (members = members.filter((one) => one.id !== "u-rui")),
  };
}

test("teams show how many are in them and the budget that is nearest to its end", async () => {
  await renderPage(UsersPage, { [list]: [research, support] }, url);
  const first = await row(/Research/);
  expect(first).toHaveTextContent(/1.*85%.*\$15\.00.*Monthly/);
  expect(within(first).getByRole("meter")).toBeVisible();
  expect(await row(/Support.*File.*0.*None/)).toBeVisible();
  expect(screen.getByText("2 teams")).toBeVisible();
});

test("no teams, none that fits, and a failure", async () => {
  const user = userEvent.setup();
  const first = await renderPage(UsersPage, { [list]: [] }, url);
  expect(await screen.findByText("No teams yet")).toBeVisible();
  expect(screen.getAllByRole("button", { name: "Create team" })).toHaveLength(2);
  first.unmount();
  const second = await renderPage(UsersPage, { [list]: [research] }, { url: "/?view=teams&q=zzz" });
  await user.click(await screen.findByRole("button", { name: "Clear filters" }));
  expect(await row(/Research/)).toBeVisible();
  second.unmount();
  await renderPage(UsersPage, { [list]: problem(500, "internal", { id: "ab12cd34" }) }, url);
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
});

test("a team is created and opens; a name that is taken is said at its field", async () => {
  const user = userEvent.setup();
  let teams = [support];
  const view = await renderPage(UsersPage, {
    [list]: () => teams, [inside]: [], "GET /api/admin/users": [],
    "POST /api/admin/teams": (asked: Asked) => {
      if ((asked.body as { name: string }).name === "Support") return problem(409, "conflict");
      teams = [support, research];
      return research;
    },
  }, url);
  await user.click(await screen.findByRole("button", { name: "Create team" }));
  const dialog = await screen.findByRole("dialog", { name: "Create team" });
  await user.click(within(dialog).getByRole("button", { name: "Create team" }));
  expect(within(dialog).getByRole("textbox", { name: "Name" })).toBeInvalid();
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Support{Enter}");
  expect(await within(dialog).findByText("There is a team with this name already.")).toBeVisible();
  await user.clear(within(dialog).getByRole("textbox", { name: "Name" }));
  await user.type(within(dialog).getByRole("textbox", { name: "Name" }), " Research {Enter}");
  expect(await screen.findByRole("dialog", { name: "Research" })).toBeVisible();
  expect(view.asked.filter((asked) => asked.method === "POST").at(-1)?.body).toEqual({ name: "Research" });
  expect(view.router.state.location.search).toEqual({ view: "teams", team: "t-1" });
});

test("somebody is found, added, taken out and taken back", async () => {
  const user = userEvent.setup();
  const view = await renderPage(UsersPage, changing(), url);
  (await row(/Research/)).focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog", { name: "Research" });
  const add = await within(drawer).findByRole("combobox", { name: "Add a member" });
  await waitFor(() => expect(add).toBeEnabled());
  await user.click(add);
  expect(within(drawer).getAllByRole("option")).toHaveLength(1); // who is in it is not offered
  await user.type(add, "muster{Enter}");
  expect(await within(drawer).findByText("dora@acme.test")).toBeVisible();
  expect(within(drawer).getByRole("status")).toHaveTextContent("Dora Muster is in Research now");
  await user.click(within(drawer).getByRole("button", { name: "Remove Rui Example" }));
  const undo = await within(drawer).findByRole("button", { name: "Undo removing Rui Example" });
  expect(undo).toHaveFocus();
  await user.keyboard("{Enter}");
  expect(await within(drawer).findByRole("button", { name: "Remove Rui Example" })).toBeVisible();
  expect(view.asked.filter((asked) => asked.method !== "GET").map((asked) => `${asked.method} ${asked.path.slice(-6)}`)).toEqual(["PUT u-dora", "DELETE /u-rui", "PUT /u-rui"]);
});

test("deleting says what goes with it and asks for the name", async () => {
  const user = userEvent.setup();
  let teams = [research, support];
  const view = await renderPage(UsersPage, { ...changing(), [list]: () => teams, "DELETE /api/admin/teams/t-1": () => void (teams = [support]) }, { url: "/?view=teams&team=t-1" });
  await user.click(within(await screen.findByRole("dialog", { name: "Research" })).getByRole("button", { name: "Delete team" }));
  const sure = await screen.findByRole("dialog", { name: "Delete Research?" });
  expect(sure).toHaveTextContent("Its 2 budgets end with it and hold nobody back any more.");
  expect(within(sure).getByRole("button", { name: "Delete team" })).toBeDisabled();
  await user.type(within(sure).getByRole("textbox"), "Research");
  await user.click(within(sure).getByRole("button", { name: "Delete team" }));
  expect(await screen.findByText("The team Research is deleted")).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole("row", { name: /Research/ })).not.toBeInTheDocument());
  expect(view.posted("/api/admin/teams/t-1")?.method).toBe("DELETE");
});

test("a budget is set from the team, for the team", async () => {
  const user = userEvent.setup();
  const view = await renderPage(UsersPage, { ...changing(), "POST /api/admin/budgets": budget }, { url: "/?view=teams&team=t-1" });
  await user.click(within(await screen.findByRole("dialog", { name: "Research" })).getByRole("button", { name: "Set a budget" }));
  const dialog = await screen.findByRole("dialog", { name: "Create budget" });
  await waitFor(() => expect(within(dialog).getByRole("combobox", { name: "Which" })).toHaveValue("Research"));
  await user.type(within(dialog).getByRole("textbox", { name: "Amount" }), "25");
  await user.click(within(dialog).getByRole("button", { name: "Create budget" }));
  await waitFor(() => expect(view.posted("/api/admin/budgets")?.body).toMatchObject({ holder_kind: "team", holder_id: "t-1", amount_nano_usd: 25e9 }));
});

test("who may only read sees members and no acts; who may not read budgets sees none", async () => {
  await renderPage(UsersPage, changing(), { url: "/?view=teams&team=t-1", me: { ...ana, permissions: ["users.read"] } });
  const drawer = await screen.findByRole("dialog", { name: "Research" });
  expect(await within(drawer).findByText("Rui Example")).toBeVisible();
  expect(within(drawer).queryByRole("combobox")).not.toBeInTheDocument();
  expect(within(drawer).queryByRole("button", { name: /Remove|Delete|Rename|Set/ })).not.toBeInTheDocument();
  expect(within(drawer).queryByRole("heading", { name: "Budgets" })).not.toBeInTheDocument();
});

test("a person’s panel names their teams, and the choice of view is in the URL", async () => {
  const user = userEvent.setup();
  const view = await renderPage(UsersPage, { "GET /api/admin/users": [rui], [list]: (asked: Asked) => (asked.query.get("user") === "u-rui" ? [research] : [research, support]) }, { url: "/?user=u-rui" });
  const drawer = await screen.findByRole("dialog", { name: "Rui Example" });
  expect(await within(drawer).findByRole("link", { name: "Research" })).toHaveAttribute("href", expect.stringContaining("team=t-1"));
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("radio", { name: "Teams" }));
  expect(await row(/Support/)).toBeVisible();
  expect(view.router.state.location.search).toEqual({ view: "teams" });
});
