import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { CallContents, ContentPolicy, LogDetail } from "@/api";
import { ana, problem, renderPage, type Answer } from "@/test/page";
import { LogsPage } from "./LogsPage";

const call: LogDetail = {
  id: "c-1", at: "2026-01-02T10:00:00.000Z", surface: "v1", operation: "chat", model: "m", deployment: "This server", key: "Nightly", streamed: true, state: "ok",
  input_tokens: 1, output_tokens: 1, latency_ms: 1, cost_nano_usd: 0, attempts: 1, request_id: "r", tries: [], contents: "kept", contents_until: "2026-02-01T10:00:00.000Z",
};
const said: CallContents = {
  prompt: [{ role: "system", text: "# Be brief" }, { role: "user", text: "Who is **it**?", pictures: 2 }, { role: "tool", text: '{"a":1}', cut: true }],
  prompt_cut: true,
  answers: [{ role: "assistant", reasoning: "Think.", text: '<img src=x onerror="alert(1)"> fine', calls: [{ name: "look_up", arguments: '{"q":2}' }] }],
  answer_cut: true,
};
const policy: ContentPolicy = { keep: true, responses: false, days: 30, readers: ["auditor", "owner"], roles: ["owner", "admin", "developer", "auditor"], since: call.at, calls: 2, bytes: 4096, oldest: call.at, kept_responses: 0 };

const show = (detail: LogDetail, more: Record<string, Answer> = {}, options: Parameters<typeof renderPage>[2] = {}) =>
  renderPage(LogsPage, { "GET /api/models": [], "GET /api/admin/users": [], "GET /api/admin/keys": [], "GET /api/admin/logs": { items: [call], totals: { calls: 1, input_tokens: 1, output_tokens: 1, cost_nano_usd: 0 } }, "GET /api/admin/logs/c-1": detail, ...more }, { url: "/?open=c-1", ...options });
const drawer = async () => within(await screen.findByRole("dialog"));
const reads = (view: Awaited<ReturnType<typeof show>>) => view.asked.filter((a) => a.method === "POST");

test("what is kept is read only when it is asked for, and hidden again", async () => {
  const user = userEvent.setup();
  const view = await show(call, { "POST /api/admin/logs/c-1/contents": said });
  const inside = await drawer();
  expect(await inside.findByText(/Reading it leaves an entry in the audit/)).toBeVisible();
  expect(reads(view)).toHaveLength(0);
  await user.click(inside.getByRole("button", { name: "Show prompt and answer" }));
  expect(await inside.findByText("it")).toBeVisible();
  expect(reads(view).map((a) => a.path)).toEqual(["/api/admin/logs/c-1/contents"]);
  await user.click(inside.getByRole("button", { name: "Hide" }));
  expect(inside.queryByText("it")).not.toBeInTheDocument();
});

test("turns are shown with what was left out, as text and never as HTML", async () => {
  const user = userEvent.setup();
  await show(call, { "POST /api/admin/logs/c-1/contents": said });
  const inside = await drawer();
  await user.click(await inside.findByRole("button", { name: "Show prompt and answer" }));
  expect(await inside.findByText(/<img src=x/)).toBeVisible();
  expect(screen.queryByRole("img")).not.toBeInTheDocument();
  expect(inside.getByText("# Be brief")).toBeVisible(); // a program's text is no Markdown
  expect(inside.getByRole("group", { name: "User" })).toHaveTextContent("2 pictures, which are not kept");
  expect(inside.getByRole("group", { name: "Tool" })).toHaveTextContent("Cut here");
  expect(inside.getByRole("group", { name: "Model" })).toHaveTextContent('look_up{"q":2}');
  expect(inside.getByRole("region", { name: "Answer" })).toHaveTextContent("Cut here: at most 256 KiB are kept.");
});

test.each([
  ["not_kept", "the organisation’s policy does not cover this call"],
  ["declined", "the key or the request forbade it"],
  ["pending", "not here yet"],
  ["denied", "but not for your role"],
  ["expired", "have expired"],
  ["deleted", "have been deleted"],
  ["lost", "got lost"],
] as const)("%s is said, and nothing can be shown", async (contents, words) => {
  await show({ ...call, contents });
  const inside = await drawer();
  expect(await inside.findByText(new RegExp(words))).toBeVisible();
  expect(inside.queryByRole("button", { name: "Show prompt and answer" })).not.toBeInTheDocument();
});

test("a state of a newer server counts as not kept", async () => {
  await show({ ...call, contents: "melted" as "lost" });
  expect(await (await drawer()).findByText(/does not cover this call/)).toBeVisible();
});

test("a refusal to read is said", async () => {
  const user = userEvent.setup();
  await show(call, { "POST /api/admin/logs/c-1/contents": problem(403, "auth.forbidden") });
  const inside = await drawer();
  await user.click(await inside.findByRole("button", { name: "Show prompt and answer" }));
  expect(await inside.findByText("Your role does not allow this.")).toBeVisible();
});

const openPolicy = async (answers: Record<string, Answer>, options: Parameters<typeof renderPage>[2] = {}) => {
  const user = userEvent.setup();
  const view = await show(call, answers, { url: "/", ...options });
  await user.click(await screen.findByRole("button", { name: "Contents" }));
  await screen.findByLabelText("Days");
  return { user, view };
};

test("the policy is changed, and what cannot be is said first", async () => {
  const { user, view } = await openPolicy({ "GET /api/admin/contents": { ...policy, keep: false, calls: 0, bytes: 0 }, "PUT /api/admin/contents": policy });
  expect(screen.getByText("Nothing is stored.")).toBeVisible();
  await user.click(screen.getByRole("checkbox", { name: "Keep prompts and answers of calls" }));
  await user.clear(screen.getByLabelText("Days"));
  await user.type(screen.getByLabelText("Days"), "400");
  for (const role of ["Owner", "Auditor"]) await user.click(screen.getByRole("checkbox", { name: role }));
  await user.click(screen.getByRole("button", { name: "Save policy" }));
  expect(screen.getByText("Write a whole number from 1 to 365.")).toBeVisible();
  expect(screen.getByText("Choose at least one.")).toBeVisible();
  expect(screen.getByLabelText("Days")).toHaveFocus();
  await user.clear(screen.getByLabelText("Days"));
  await user.type(screen.getByLabelText("Days"), "7");
  await user.click(screen.getByRole("checkbox", { name: "Auditor" }));
  await user.click(screen.getByRole("button", { name: "Save policy" }));
  expect(await screen.findByText("Prompts and answers are kept from now on")).toBeVisible();
  expect(view.asked.find((a) => a.method === "PUT")?.body).toEqual({ keep: true, responses: false, days: 7, readers: ["auditor"] });
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("what is stored is deleted once the organisation’s name is typed", async () => {
  const { user, view } = await openPolicy({ "GET /api/admin/contents": policy, "DELETE /api/admin/contents": { calls: 2, responses: 0 } });
  expect(screen.getByText(/2 calls are stored/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Delete what is stored" }));
  const sure = within(await screen.findByRole("dialog", { name: "Delete all stored prompts and answers?" }));
  expect(sure.getByRole("button", { name: "Delete what is stored" })).toBeDisabled();
  await user.type(sure.getByRole("textbox"), ana.tenant_name);
  await user.click(sure.getByRole("button", { name: "Delete what is stored" }));
  await waitFor(() => expect(view.asked.some((a) => a.method === "DELETE" && a.path === "/api/admin/contents")).toBe(true));
  expect(await screen.findByText("Prompts and answers of 2 calls are deleted")).toBeVisible();
});

test("answers that programs go on from are kept, counted and deleted without any call being so", async () => {
  const off = { ...policy, keep: false, calls: 0, bytes: 0, kept_responses: 3 };
  const { user, view } = await openPolicy({ "GET /api/admin/contents": off, "PUT /api/admin/contents": { ...off, responses: true }, "DELETE /api/admin/contents": { calls: 0, responses: 3 } });
  expect(screen.getByText("3 responses can be gone on from.")).toBeVisible();
  await user.click(screen.getByRole("checkbox", { name: "Keep answers of /v1/responses" }));
  await user.click(screen.getByRole("button", { name: "Save policy" }));
  expect(await screen.findByText("Answers of /v1/responses are kept from now on")).toBeVisible();
  expect(view.asked.find((a) => a.method === "PUT")?.body).toEqual({ keep: false, responses: true, days: 30, readers: ["auditor", "owner"] });
  await user.click(screen.getByRole("button", { name: "Contents" }));
  await user.click(await screen.findByRole("button", { name: "Delete what is stored" }));
  const sure = within(await screen.findByRole("dialog", { name: "Delete all stored prompts and answers?" }));
  expect(sure.getByText(/3 responses that programs could go on from are among it/)).toBeVisible();
  await user.type(sure.getByRole("textbox"), ana.tenant_name);
  await user.click(sure.getByRole("button", { name: "Delete what is stored" }));
  expect(await screen.findByText("3 responses are deleted")).toBeVisible();
});

test("who may not decide sees what holds, and can change nothing", async () => {
  await openPolicy({ "GET /api/admin/contents": policy }, { me: { ...ana, role: "admin", permissions: ["logs.read"] } });
  expect(screen.getByText("Only an owner can change this.")).toBeVisible();
  expect(screen.getByLabelText("Days")).toBeDisabled();
  for (const box of screen.getAllByRole("checkbox")) expect(box).toBeDisabled();
  for (const name of ["Save policy", "Delete what is stored"]) expect(screen.queryByRole("button", { name })).not.toBeInTheDocument();
});
