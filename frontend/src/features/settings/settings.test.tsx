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
