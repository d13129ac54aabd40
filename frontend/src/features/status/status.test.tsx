import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { EngineStatus } from "@/api";
import { translate } from "@/i18n";
import { createFormat } from "@/i18n/format";
import { problem, renderPage } from "@/test/page";
import { engineText } from "./engineText";
import { StatusBar } from "./StatusBar";

const status = (more: object = {}) => ({
  server: { state: "connected", tenant: "Acme", url: "https://a.test" }, engine: { state: "ready", model: "small" }, waiting: 2, unsynced: 0, version: "1", window: false, notices: [], ...more,
});

test("connection, queue, engine and money, each with its detail", async () => {
  await renderPage(StatusBar, { "GET /api/local/status": status(), "GET /api/usage/today": { today_nano_usd: 41_000_000, calls_today: 1 } });
  await userEvent.click(await screen.findByRole("button", { name: "Connected to Acme" }));
  expect(screen.getByText("https://a.test")).toBeInTheDocument();
  expect(screen.getByText("small local")).toBeInTheDocument();
  expect(screen.getByText("2 waiting to send")).toBeInTheDocument();
  expect(await screen.findByText("$0.04 today")).toBeInTheDocument();
});

test("without a server there is no money to tell, and no queue when nothing waits", async () => {
  const page = await renderPage(StatusBar, { "GET /api/local/status": status({ server: { state: "offline", tenant: "Acme" }, waiting: 0 }) });
  expect(await screen.findByText("Acme cannot be reached")).toBeInTheDocument();
  expect(screen.queryByText(/waiting to send/)).not.toBeInTheDocument();
  expect(page.asked.some((a) => a.path === "/api/usage/today")).toBe(false);
});

test("a host that fails is not covered by old data", async () => {
  await renderPage(StatusBar, { "GET /api/local/status": problem(500, "internal") });
  expect(await screen.findByRole("alert")).toHaveTextContent("NexusAI on this device does not answer");
});

const text = (engine: EngineStatus) => engineText(engine, translate, createFormat("en-GB", "UTC"));

test.each<[EngineStatus, string]>([
  [{ state: "building", done: 214, total: 388 }, "Building the engine 214/388"],
  [{ state: "building" }, "Building the engine"],
  [{ state: "fetching", done: 431_000_000, total: 1_117_000_000 }, "Fetching the model 38%"],
  [{ state: "fetching", done: 999, total: 1000 }, "Fetching the model 99%"],
  [{ state: "ready", model: "small" }, "small local"],
])("%j", (engine, label) => expect(text(engine).label).toBe(label));
