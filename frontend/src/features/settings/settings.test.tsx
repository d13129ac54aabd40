import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { problem, renderPage } from "@/test/page";
import { SettingsPage } from "./SettingsPage";

const settings = { theme: "light", locale: "en", default_model: "", remote_images: false, send_with: "enter" };
const status = (server: object, more: object = {}) => ({ server, engine: { state: "ready" }, waiting: 0, unsynced: 0, version: "0.1.0", window: false, notices: [], ...more });
const answers = (server: object, more: object = {}) => ({
  "GET /api/local/settings": settings,
  "PUT /api/local/settings": (asked: { body: unknown }) => asked.body,
  "GET /api/local/status": status(server, more),
  "GET /api/models": [],
  "GET /api/auth/sessions": [],
});

test("a change takes effect and is stored at once, with all the others as they were", async () => {
  const page = await renderPage(SettingsPage, answers({ state: "none" }));
  await userEvent.click(await screen.findByRole("radio", { name: "Dark" }));
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  await waitFor(() => expect(page.posted("/api/local/settings")?.body).toEqual({ ...settings, theme: "dark" }));
  await userEvent.click(screen.getByRole("radio", { name: "Light" }));
});

test("a change that could not be stored is taken back and said", async () => {
  await renderPage(SettingsPage, { ...answers({ state: "none" }), "PUT /api/local/settings": problem(507, "disk.full") });
  const images = await screen.findByRole("switch", { name: /Load pictures/ });
  await userEvent.click(images);
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
  expect(images).not.toBeChecked();
});

test("an address without a scheme gets one; a wrong password stays a message in the form", async () => {
  const page = await renderPage(SettingsPage, { ...answers({ state: "none" }), "POST /api/local/connection": problem(401, "auth.required", { detail: "Wrong." }) });
  await userEvent.type(await screen.findByRole("textbox", { name: "Server address" }), "nexus.example.com");
  await userEvent.type(screen.getByRole("textbox", { name: "Email" }), "ana@acme.test");
  await userEvent.type(screen.getByLabelText("Password"), "secret words");
  await userEvent.click(screen.getByRole("button", { name: "Connect" }));
  await waitFor(() => expect(page.posted("/api/local/connection")?.body).toEqual({ url: "https://nexus.example.com", email: "ana@acme.test", password: "secret words" }));
  expect(screen.getByRole("textbox", { name: "Server address" })).toHaveValue("nexus.example.com");
});

test("leaving a server names what is not on it yet", async () => {
  const page = await renderPage(SettingsPage, { ...answers({ state: "offline", tenant: "Acme", url: "https://a.test" }, { unsynced: 3 }), "DELETE /api/local/connection": status({ state: "none" }) });
  await userEvent.click(await screen.findByRole("button", { name: "Disconnect" }));
  const dialog = await screen.findByRole("dialog");
  expect(dialog).toHaveTextContent("3 changes that are not yet on the server stay on this device.");
  await userEvent.click(within(dialog).getByRole("button", { name: "Disconnect" }));
  await waitFor(() => expect(page.posted("/api/local/connection")?.method).toBe("DELETE"));
});

const sessions = [
  { id: "s1", device: "This laptop", current: true, created_at: "2026-11-22T08:00:00Z", seen_at: "2026-11-22T08:00:00Z" },
  { id: "s2", device: "Old phone", current: false, created_at: "2026-11-20T08:00:00Z", seen_at: "2026-11-21T08:00:00Z" },
];

test("signing out everywhere asks whether this device is meant too", async () => {
  const page = await renderPage(SettingsPage, {
    ...answers({ state: "connected", tenant: "Acme" }),
    "GET /api/auth/sessions": sessions,
    "DELETE /api/auth/sessions": undefined,
  });
  expect(await screen.findByText("Old phone")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Sign out everywhere" }));
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Everywhere else" }));
  expect(await screen.findByText("All other sessions ended")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Sign out everywhere" }));
  await userEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Here too" }));
  await waitFor(() => expect(page.asked.filter((a) => a.method === "DELETE").map((a) => a.query.get("others"))).toEqual(["true", "false"]));
});

test("sessions say why they cannot be shown", async () => {
  const page = await renderPage(SettingsPage, answers({ state: "offline", tenant: "Acme", url: "https://a.test" }));
  expect(await screen.findByText(/the server, which does not answer now/)).toBeInTheDocument();
  expect(page.asked.some((a) => a.path === "/api/auth/sessions")).toBe(false);
});

test("without a server there are no sessions to show", async () => {
  await renderPage(SettingsPage, answers({ state: "none" }));
  expect(await screen.findByRole("button", { name: "Connect" })).toBeInTheDocument();
  expect(screen.queryByText("Sessions and devices")).not.toBeInTheDocument();
});
