import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { chooseLocale } from "@/i18n";
import { conversation, message, models, renderChat, runOf, status } from "@/test/desktop";

// Both lists, of conversations and of messages, call this whenever they render.
const lists = vi.hoisted(() => ({ rendered: 0 }));
vi.mock(import("@tanstack/react-virtual"), async (original) => {
  const real = await original();
  return { ...real, useVirtualizer: ((options) => (lists.rendered++, real.useVirtualizer(options))) as typeof real.useVirtualizer };
});

const question = message("q", "user", "What is a quorum?");
const answer = message("a1", "assistant", "More than **half**.", "q", { finish: "stop", output_tokens: 5 });
const thread = (messages: object[], more: object = {}) => ({ conversation: conversation("c1", "Quorums"), messages, draft: "", ...more });
const field = () => screen.findByRole("textbox", { name: "Message" });

test("a first message makes the conversation, streams its answer and keeps the field", async () => {
  let stored: object[] = [];
  const chat = await renderChat({
    "POST /api/chat": (asked) => {
      stored = [{ ...question, id: asked.body?.["message_id"], conversation_id: asked.body?.["conversation_id"] }];
      return runOf(asked);
    },
    "GET /api/conversations/:id": (_asked, id) => ({ conversation: conversation(id, "Quorums"), messages: stored, draft: "" }),
  });
  const input = await field();
  await userEvent.type(input, "What is a quorum?{Enter}");
  expect(await screen.findByRole("article", { name: "You" })).toHaveTextContent("What is a quorum?");
  const body = chat.sent("/api/chat")[0]?.body;
  expect(body).toMatchObject({ text: "What is a quorum?", model: "big" });
  expect(chat.router.state.location.pathname).toBe(`/chat/${String(body?.["conversation_id"])}`);
  expect(await field()).toBe(input); // the same element: nothing typed could be lost
  expect(input).toHaveValue("");

  const base = { run_id: "run1", conversation_id: String(body?.["conversation_id"]), answer_id: "answer1" };
  chat.emit({ type: "run", run: { ...base, seq: 1, state: "running", text: "More than **ha" } });
  const article = await screen.findByRole("article", { name: "big says" });
  await waitFor(() => expect(article).toHaveTextContent("More than **ha"));
  expect(screen.getByRole("button", { name: "Stop" })).toBeEnabled();
  const final = { ...answer, model: "big", id: "answer1", conversation_id: base.conversation_id, parent_id: String(body?.["message_id"]) };
  stored = [...stored, final];
  chat.emit({ type: "run", run: { ...base, seq: 2, state: "done", text: "lf**.", message: final as never } });
  await waitFor(() => expect(screen.getByRole("article", { name: "big says" })).toHaveTextContent("More than half."));
  expect(screen.queryByRole("button", { name: "Stop" })).not.toBeInTheDocument();
  expect(screen.getByText("big has answered")).toBeInTheDocument();
});

test("a message that could not be stored comes back into the field", async () => {
  await renderChat({ "POST /api/chat": () => ({ code: "disk.full", status: 507, detail: "", key: "fault.disk.full", title: "", type: "" }) });
  const input = await field();
  await userEvent.type(input, "Precious words{Enter}");
  await waitFor(() => expect(input).toHaveValue("Precious words"));
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
});

test("an answer that a budget refused says which, when and whom to ask, in the reader's language", async () => {
  let stored: object[] = [];
  const chat = await renderChat({
    "POST /api/chat": (asked) => {
      stored = [{ ...question, id: asked.body?.["message_id"], conversation_id: asked.body?.["conversation_id"] }];
      return runOf(asked);
    },
    "GET /api/conversations/:id": (_asked, id) => ({ conversation: conversation(id, "Quorums"), messages: stored, draft: "" }),
  });
  await act(() => chooseLocale("pt-PT"));
  await userEvent.type(await screen.findByRole("textbox", { name: "Mensagem" }), "Um quórum?{Enter}");
  await screen.findByRole("article", { name: "Você" });
  const body = chat.sent("/api/chat")[0]?.body;
  const final = { ...answer, text: "", model: "big", id: "answer1", conversation_id: String(body?.["conversation_id"]), parent_id: String(body?.["message_id"]), finish: "error", error_code: "quota.spent" };
  stored = [...stored, final];
  const bound = { kind: "budget" as const, holder: "team" as const, amount: 5_000_000_000, period: "total" as const, contact: "Ana" };
  const problem = { code: "quota.spent", status: 402, type: "", title: "", key: "fault.quota.spent", detail: "The budget of your team ($5.00) is spent.", hint: "Ask Ana for more.", bound };
  chat.emit({ type: "run", run: { run_id: "run1", conversation_id: final.conversation_id, answer_id: "answer1", seq: 1, state: "failed", message: final as never, problem } });
  expect(await screen.findByText(/O orçamento da sua equipa \(5,00\s\$\) está esgotado\. Peça mais a Ana\./)).toBeVisible();
  expect(screen.queryByText(/Ask Ana/)).not.toBeInTheDocument();
  await act(() => chooseLocale("en"));
});

test("who writes to a model whose calls are kept is told so before they send, and only there", async () => {
  let kept = false;
  const chat = await renderChat({ "GET /api/models": () => models.map((one) => (one.local || !kept ? one : { ...one, kept_days: 30 })) });
  await field();
  expect(screen.queryByText(/keeps what you ask/)).not.toBeInTheDocument();
  kept = true;
  chat.emit({ type: "hint", hint: { topic: "models" } });
  const note = await screen.findByText("Acme keeps what you ask this model and what it answers, for 30 days.");
  expect(note).toBeVisible();
  await act(() => chooseLocale("pt-BR"));
  expect(screen.getByText("Acme guarda o que você pergunta a este modelo e o que ele responde, por 30 dias.")).toBeVisible();
  await act(() => chooseLocale("en"));
});

test("typing is kept as a draft at the first pause, and the conversation with it", async () => {
  const chat = await renderChat({ "POST /api/conversations": (asked) => conversation(String(asked.body?.["id"]), "") });
  const input = await field();
  await userEvent.type(input, "half a thought");
  await waitFor(() => expect(chat.asked.some((a) => a.method === "PUT" && a.body?.["text"] === "half a thought")).toBe(true), { timeout: 4000 });
  expect(await field()).toBe(input);
  expect(input).toHaveValue("half a thought");
});

test("versions of an answer are switched, and the newest is shown first", async () => {
  const second = message("a22", "assistant", "A majority.", "q", { finish: "stop" });
  await renderChat({ "GET /api/conversations/:id": () => thread([question, answer, second]) }, "/chat/c1");
  expect(await screen.findByText("A majority.")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Previous version" }));
  expect(await screen.findByText("half")).toBeInTheDocument();
  expect(screen.queryByText("A majority.")).not.toBeInTheDocument();
});

test("an answer is copied as the model wrote it", async () => {
  const user = userEvent.setup(); // brings a clipboard
  await renderChat({ "GET /api/conversations/:id": () => thread([question, answer]) }, "/chat/c1");
  await user.click(await screen.findByRole("button", { name: "Copy answer" }));
  expect(await navigator.clipboard.readText()).toBe("More than **half**.");
  expect(await screen.findByRole("button", { name: "Copied" })).toBeInTheDocument();
});

test("a waiting message says why and can be taken back into the draft", async () => {
  let waits = true;
  const chat = await renderChat(
    {
      "GET /api/local/status": () => ({ ...status, server: { state: "offline", tenant: "Acme" } }),
      "GET /api/conversations/:id": () => (waits ? thread([{ ...question, state: "waiting", waits_for: "route.offline" }]) : thread([], { draft: "What is a quorum?" })),
      "DELETE /api/local/queue/:id": () => void (waits = false),
    },
    "/chat/c1",
  );
  expect(await screen.findByText(/Waiting for the server/)).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "Take back into the draft" }));

  await waitFor(async () => expect(await field()).toHaveValue("What is a quorum?"));
  expect(chat.sent("/api/local/queue/q")).toHaveLength(1);
});

test("the id of a conversation is copied from its menu, for whoever sets a budget for it", async () => {
  const user = userEvent.setup();
  await renderChat({ "GET /api/conversations": () => ({ items: [conversation("c1", "Quorums")] }) });
  await user.click(await screen.findByRole("button", { name: /Quorums/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Copy id" }));
  expect(await screen.findByText("The id is copied")).toBeInTheDocument();
  expect(await navigator.clipboard.readText()).toBe("c1");
});

test("deleting can be undone", async () => {
  const trashed = new Set<string>();
  const chat = await renderChat({
    "GET /api/conversations": () => ({ items: [conversation("c1", "Quorums"), conversation("c2", "Leases")].filter((c) => !trashed.has(c.id)) }),
    "DELETE /api/conversations/:id": (_asked, id) => void trashed.add(id),
    "POST /api/conversations/:id/restore": (_asked, id) => (trashed.delete(id), conversation(id, "Quorums")),
  });
  const row = await screen.findByRole("link", { name: /Quorums/ });
  row.focus();
  await userEvent.keyboard("{Delete}");
  await waitFor(() => expect(screen.queryByRole("link", { name: /Quorums/ })).not.toBeInTheDocument());
  await userEvent.click(await screen.findByRole("button", { name: "Undo" }));
  expect(await screen.findByRole("link", { name: /Quorums/ })).toBeInTheDocument();
  expect(chat.sent("/api/conversations/c1/restore")).toHaveLength(1);
});

test("a title is changed in its place", async () => {
  const chat = await renderChat({
    "GET /api/conversations": () => ({ items: [conversation("c1", "Quorums")] }),
    "PATCH /api/conversations/:id": () => conversation("c1", "Majorities"),
  });
  (await screen.findByRole("link", { name: /Quorums/ })).focus();
  await userEvent.keyboard("{F2}");
  const title = screen.getByRole("textbox", { name: "Title" });
  await userEvent.clear(title);
  await userEvent.type(title, "Majorities{Enter}");
  expect(chat.sent("/api/conversations/c1")[0]?.body).toEqual({ title: "Majorities" });
});

test("a conversation that is gone says so and offers the next step", async () => {
  await renderChat({ "GET /api/conversations/:id": () => ({ code: "not_found", status: 404, detail: "", key: "", title: "", type: "" }) }, "/chat/c9");
  expect(await screen.findByText("This conversation does not exist")).toBeInTheDocument();
});

test("an answer that cannot be loaded is an error with a way on", async () => {
  await renderChat({ "GET /api/conversations/:id": () => ({ code: "internal", status: 500, detail: "", key: "fault.internal", id: "ab12cd34", title: "", type: "" }) }, "/chat/c1");
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("Something broke on our side.");
  expect(alert).toHaveTextContent("ab12cd34");
  expect(within(alert).getByRole("button", { name: "Try again" })).toBeInTheDocument();
});

test("while an answer streams, neither the lists nor the composer render", async () => {
  let commits = 0;
  const live = { ...runOf({ method: "", path: "", body: { conversation_id: "c1", message_id: "q", model: "local/small" } }) };
  const chat = await renderChat({ "GET /api/conversations": () => ({ items: [conversation("c1", "Quorums")] }), "GET /api/conversations/:id": () => thread([question], { run: live }) }, "/chat/c1");
  await screen.findByRole("button", { name: "Stop" });
  await act(() => new Promise((resolve) => setTimeout(resolve, 100)));
  const before = lists.rendered;
  expect(before).toBeGreaterThan(1);
  const composer = await field();
  const observer = new MutationObserver(() => commits++);
  observer.observe(composer.parentElement ?? composer, { subtree: true, childList: true, attributes: true, characterData: true });
  for (let seq = 1; seq <= 40; seq++) {
    chat.emit({ type: "run", run: { run_id: "run1", conversation_id: "c1", answer_id: "answer1", seq, state: "running", text: `word${seq} ` } });
    await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
  }
  await waitFor(() => expect(screen.getByText(/word40/)).toBeInTheDocument());
  expect(lists.rendered).toBe(before);
  expect(commits).toBe(0);
  observer.disconnect();
});
