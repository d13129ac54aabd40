import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { User } from "@/api";
import { ana, problem, renderPage, type Asked } from "@/test/page";
import { UsersPage } from "./UsersPage";

const me: User = { id: "u-ana", email: "ana@acme.test", name: "Ana Example", role: "owner", state: "active", created_at: "2026-01-02T10:00:00Z", seen_at: "2026-01-03T10:00:00Z" };
const rui: User = { id: "u-rui", email: "rui@acme.test", name: "Rui Example", role: "member", state: "active", created_at: "2026-01-02T10:00:00Z" };
const link = { url: "/console#kind=invite&link=one-time", expires_at: "2026-01-09T10:00:00Z", user: { ...rui, id: "u-new", email: "new@acme.test", name: "", state: "invited" } };
const list = "GET /api/admin/users";
const row = (name: RegExp) => screen.findByRole("row", { name });

test("an invitation's link is shown once, ready to copy", async () => {
  const user = userEvent.setup();
  const page = await renderPage(UsersPage, { [list]: [me], "POST /api/admin/users": link });
  await user.click(await screen.findByRole("button", { name: "Invite user" }));
  const dialog = await screen.findByRole("dialog", { name: "Invite user" });
  await user.click(within(dialog).getByRole("button", { name: "Invite" }));
  expect(within(dialog).getByRole("textbox", { name: "Email" })).toBeInvalid();
  await user.type(within(dialog).getByRole("textbox", { name: "Email" }), "new@acme.test");
  await user.click(within(dialog).getByRole("button", { name: "Invite" }));
  const shown = await screen.findByRole("dialog", { name: "Invite link for new@acme.test" });
  expect(within(shown).getByRole("textbox", { name: "Link" })).toHaveValue(`http://nexus.test${link.url}`);
  expect(page.posted("/api/admin/users")?.body).toEqual({ email: "new@acme.test", role: "member" });
  await user.click(within(shown).getByRole("button", { name: "Done" }));
  expect(screen.queryByRole("textbox", { name: "Link" })).not.toBeInTheDocument();
});

test("an address that is taken is said at its field, and what was typed stays", async () => {
  const user = userEvent.setup();
  await renderPage(UsersPage, { [list]: [me], "POST /api/admin/users": problem(409, "conflict", { errors: [{ at: "body.email", message: "" }] }) });
  await user.click(await screen.findByRole("button", { name: "Invite user" }));
  await user.type(screen.getByRole("textbox", { name: "Email" }), "rui@acme.test");
  await user.click(screen.getByRole("button", { name: "Invite" }));
  expect(await screen.findByText("Somebody with this address is a member already.")).toBeVisible();
  expect(screen.getByRole("textbox", { name: "Email" })).toHaveValue("rui@acme.test");
});

test("disabling says what it does and can be taken back", async () => {
  const user = userEvent.setup();
  let now = rui;
  const page = await renderPage(UsersPage, {
    [list]: () => [me, now],
    "PATCH /api/admin/users/u-rui": (asked: Asked) => {
      now = { ...rui, state: (asked.body as { disabled: boolean }).disabled ? "disabled" : "active" };
      return now;
    },
  });
  await user.click(within(await row(/Rui/)).getByRole("button", { name: "Disable" }));
  await user.click(within(await screen.findByRole("dialog", { name: "Disable Rui Example?" })).getByRole("button", { name: "Disable" }));
  expect(await screen.findByText("Their sessions are over and the API keys they made are suspended.")).toBeInTheDocument();
  expect(within(await row(/Rui.*Disabled/)).getByRole("button", { name: "Enable" })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(page.asked.filter((a) => a.method === "PATCH").map((a) => a.body)).toEqual([{ disabled: true }, { disabled: false }]));
  expect(await row(/Rui.*Active/)).toBeVisible();
});

test("the last owner cannot go, and the reason is said", async () => {
  const user = userEvent.setup();
  await renderPage(UsersPage, {
    [list]: [me, { ...rui, role: "owner" }],
    "PATCH /api/admin/users/u-rui": problem(409, "conflict"),
  });
  await user.click(within(await row(/Rui/)).getByRole("button", { name: "Disable" }));
  await user.click(within(await screen.findByRole("dialog", { name: "Disable Rui Example?" })).getByRole("button", { name: "Disable" }));
  expect(await screen.findByText("Rui Example is the last owner")).toBeInTheDocument();
});

test("one's own row, and an owner's for an administrator, offer nothing", async () => {
  await renderPage(UsersPage, { [list]: [me, { ...rui, role: "owner" }] }, { me: { ...ana, user_id: "u-ana", role: "admin" } });
  expect(within(await row(/Ana/)).queryByRole("button")).not.toBeInTheDocument();
  expect(within(await row(/Rui/)).queryByRole("button")).not.toBeInTheDocument();
});

test("who may only read sees no acts", async () => {
  await renderPage(UsersPage, { [list]: [me, rui] }, { me: { ...ana, user_id: "u-x", role: "auditor", permissions: ["users.read"] } });
  expect(within(await row(/Rui/)).queryByRole("button")).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Invite user" })).not.toBeInTheDocument();
});

test("a role is changed in the drawer that Enter opens", async () => {
  const user = userEvent.setup();
  const page = await renderPage(UsersPage, { [list]: [me, rui], "PATCH /api/admin/users/u-rui": { ...rui, role: "developer" } });
  (await row(/Rui/)).focus();
  await user.keyboard("{Enter}");
  const drawer = await screen.findByRole("dialog", { name: "Rui Example" });
  await user.click(within(drawer).getByRole("combobox", { name: "Role" }));
  await user.click(await screen.findByRole("option", { name: "Developer" }));
  await waitFor(() => expect(page.posted("/api/admin/users/u-rui")?.body).toEqual({ role: "developer" }));
  expect(await screen.findByText("Rui Example is now Developer")).toBeInTheDocument();
});

test("a failure has its message and a way on", async () => {
  await renderPage(UsersPage, { [list]: problem(500, "internal", { id: "ab12cd34" }) });
  expect(await screen.findByText("Something broke on our side.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

test("a member is signed out everywhere from the drawer", async () => {
  const user = userEvent.setup();
  const page = await renderPage(UsersPage, { [list]: [me, rui], "DELETE /api/admin/users/u-rui/sessions": undefined });
  (await row(/Rui/)).focus();
  await user.keyboard("{Enter}");
  await user.click(within(await screen.findByRole("dialog", { name: "Rui Example" })).getByRole("button", { name: "Sign out everywhere" }));
  expect(await screen.findByText("Rui Example is signed out everywhere")).toBeInTheDocument();
  expect(page.posted("/api/admin/users/u-rui/sessions")?.method).toBe("DELETE");
});

test("who has not joined yet cannot be signed out", async () => {
  const user = userEvent.setup();
  await renderPage(UsersPage, { [list]: [me, { ...rui, state: "invited" }] });
  (await row(/Rui/)).focus();
  await user.keyboard("{Enter}");
  expect(within(await screen.findByRole("dialog", { name: "Rui Example" })).queryByRole("button", { name: "Sign out everywhere" })).not.toBeInTheDocument();
});
