import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { createQueryClient } from "@/app/queryClient";
import { ConsoleGate } from "@/app/console/ConsoleGate";
import { consoleRouter } from "@/app/console/router";
import { Providers } from "@/app/Providers";
import { configureApi, cookieAuth, refreshCookie } from "@/api";
import type { OneTimeLink } from "@/app/fragment";

vi.setConfig({ testTimeout: 30_000 });

type Answer = [status: number, body: unknown];
const problem = (status: number, code: string): Answer => [status, { code, status, detail: code, key: `fault.${code}`, title: "", type: "" }];
const me = { user_id: "u", email: "ana@acme.test", name: "Ana Example", role: "member", permissions: ["audit.read"], tenant_id: "t", tenant_name: "Acme", tenant_slug: "acme" };

function open(answers: Record<string, Answer>, link?: OneTimeLink) {
  const bodies: Record<string, unknown>[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    const { pathname } = new URL(input, "http://nexus.test");
    if (init.body) bodies.push({ path: pathname, ...(JSON.parse(String(init.body)) as object) });
    const [status, body] = answers[`${init.method ?? "GET"} ${pathname}`] ?? (pathname.startsWith("/api/auth/") ? problem(401, "auth.required") : problem(404, "not_found"));
    return new Response(JSON.stringify(body), { status, headers: { "Content-Type": status > 399 ? "application/problem+json" : "application/json" } });
  });
  configureApi({ auth: cookieAuth(refreshCookie) });
  window.history.replaceState(null, "", "/console");
  render(
    <Providers client={createQueryClient()}>
      <ConsoleGate link={link} />
    </Providers>,
  );
  return bodies;
}

test("signing in sends the address, asks for the cookie and opens the console", async () => {
  const bodies = open({ "POST /api/auth/login": [200, { expires_at: "", me }] });
  await userEvent.type(await screen.findByRole("textbox", { name: "Email" }), "ana@acme.test");
  await userEvent.type(screen.getByLabelText("Password"), "a long password{Enter}");
  await waitFor(() => expect(screen.getByText("Acme")).toBeInTheDocument());
  const sent = bodies.find((b) => b["path"] === "/api/auth/login");
  expect(sent).toMatchObject({ email: "ana@acme.test", password: "a long password", device: { cookie: true } });
});

test("what is missing is named beside its field, which gets the focus", async () => {
  open({});
  await userEvent.click(await screen.findByRole("button", { name: "Sign in" }));
  expect(screen.getByText("This is not an email address.")).toBeInTheDocument();
  expect(screen.getByRole("textbox", { name: "Email" })).toHaveFocus();
});

test("a wrong password keeps the address and says no more than that", async () => {
  open({ "POST /api/auth/login": problem(401, "auth.required") });
  const email = await screen.findByRole("textbox", { name: "Email" });
  await userEvent.type(email, "ana@acme.test");
  await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(await screen.findByText("Email or password is wrong.")).toBeInTheDocument();
  expect(email).toHaveValue("ana@acme.test");
});

test("a one-time link signs in; a used one says so", async () => {
  open({ "POST /api/auth/exchange": [200, { expires_at: "", me }] }, { kind: "link", token: "t".repeat(20) });
  await waitFor(() => expect(screen.getByText("Acme")).toBeInTheDocument());
});

test("a used link is named as what it is, and leads to the sign-in page", async () => {
  open({ "POST /api/auth/exchange": problem(410, "gone") }, { kind: "link", token: "t".repeat(20) });
  expect(await screen.findByText("This link does not work any more")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Go to sign in" }));
  expect(await screen.findByRole("textbox", { name: "Email" })).toBeInTheDocument();
});

test("an invite asks for a name and two equal passwords", async () => {
  const bodies = open({ "POST /api/auth/register": [200, { expires_at: "", me }] }, { kind: "invite", token: "i".repeat(20) });
  await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "Rui Example");
  await userEvent.type(screen.getByLabelText("Password"), "short");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  expect(screen.getByText("At least 10 characters, please.")).toBeInTheDocument();
  await userEvent.type(screen.getByLabelText("Password"), " and now long");
  await userEvent.type(screen.getByLabelText("Password again"), "something else");
  await userEvent.click(screen.getByRole("button", { name: "Join" }));
  expect(screen.getByText("The two are not the same.")).toBeInTheDocument();
  await userEvent.clear(screen.getByLabelText("Password again"));
  await userEvent.type(screen.getByLabelText("Password again"), "short and now long{Enter}");
  await waitFor(() => expect(bodies.find((b) => b["path"] === "/api/auth/register")).toMatchObject({ name: "Rui Example", password: "short and now long", token: "i".repeat(20) }));
});

test("a role without a page is led to one it has, and told about the others", async () => {
  open({ "GET /api/auth/me": [200, me], "GET /api/admin/audit": [200, { items: [] }] });
  await waitFor(() => expect(screen.getByRole("link", { name: "Audit" })).toBeInTheDocument());
  expect(screen.queryByRole("link", { name: "Users" })).not.toBeInTheDocument();
  await waitFor(() => expect(screen.getByRole("heading", { name: "Audit" })).toBeInTheDocument(), { timeout: 10_000 });
  void consoleRouter.navigate({ to: "/users" });
  await waitFor(() => expect(screen.getByText("Your role does not include this page")).toBeInTheDocument());
});
