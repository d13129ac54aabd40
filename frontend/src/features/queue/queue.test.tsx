import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { problem, renderPage } from "@/test/page";
import { QueuePage } from "./QueuePage";

const item = { message_id: "m1", conversation_id: "c1", title: "Quorums", text: "What is a quorum?", model: "big", state: "failed", waits_for: "upstream.failed", since: "2026-11-22T08:00:00Z", attempts: 3 };

test("what waits says why, is sent again or taken back", async () => {
  let items = [item];
  const page = await renderPage(QueuePage, {
    "GET /api/local/queue": () => items,
    "POST /api/local/queue/m1/retry": undefined,
    "DELETE /api/local/queue/m1": () => void (items = []),
  });
  expect(await screen.findByText("The model’s provider failed.")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Send now" }));
  await waitFor(() => expect(page.asked.some((a) => a.method === "POST" && a.path === "/api/local/queue/m1/retry")).toBe(true));
  await userEvent.click(screen.getByRole("button", { name: "Take back" }));
  expect(await screen.findByText("Nothing waits")).toBeInTheDocument();
});

test("a queue that cannot be read says so", async () => {
  await renderPage(QueuePage, { "GET /api/local/queue": problem(500, "internal", { id: "ab12cd34" }) });
  expect(await screen.findByRole("alert")).toHaveTextContent("ab12cd34");
});
