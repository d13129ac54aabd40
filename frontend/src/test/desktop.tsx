import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from "@tanstack/react-router";
import { act, render } from "@testing-library/react";
import { vi } from "vitest";
import { ActionsProvider } from "@/actions";
import type { HostEvent, Run } from "@/api";
import { createQueryClient } from "@/app/queryClient";
import { createDesktopRuns } from "@/app/desktop/desktopRuns";
import { useHostStream } from "@/app/useHostStream";
import { ChatPage } from "@/features/chat";
import { RunsContext, type HostStream, type Runs } from "@/stream";
import { ToastProvider, TooltipProvider } from "@/ui";

// Role queries are slow in jsdom, more so on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

export interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown> | undefined;
}
type Answer = (asked: Asked, id: string) => unknown;

export const status = {
  server: { state: "connected", tenant: "Acme" }, engine: { state: "ready", model: "small" }, waiting: 0, unsynced: 0, version: "1", window: false, notices: [],
};
export const settings = { theme: "light", locale: "en", default_model: "", remote_images: false, send_with: "enter" };
export const models = [
  { id: "local/small", name: "Small", family: "qwen", kind: "chat", local: true, provider: "This device", state: "ready", context_tokens: 100 },
  { id: "big", name: "Big", family: "openai", kind: "chat", local: false, provider: "Acme", state: "ready" },
];
export const conversation = (id: string, title: string, more: object = {}) => ({
  id, title, model: "local/small", pinned: false, created_at: "2026-11-22T08:00:00Z", last_at: "2026-11-22T08:00:00Z", unsent: 0, draft: false, ...more,
});
export const message = (id: string, role: string, text: string, parent = "", more: object = {}) => ({
  id, conversation_id: "c1", parent_id: parent, role, text, model: "local/small", created_at: `2026-11-22T08:00:0${id.length}.000Z`, state: "sent", ...more,
});

/** The chat over a host that answers from a table and whose events the test sends. */
export async function renderChat(answers: Record<string, Answer>, url = "/chat") {
  const asked: Asked[] = [];
  const table: Record<string, Answer> = {
    "GET /api/local/status": () => status,
    "GET /api/local/settings": () => settings,
    "GET /api/models": () => models,
    "GET /api/conversations": () => ({ items: [] }),
    "PUT /api/conversations/:id/draft": () => undefined,
    ...answers,
  };
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    const { pathname } = new URL(input);
    const [, group = "", id = "", rest = ""] = /^(\/api\/(?:conversations|chat\/runs|local\/queue))\/([^/]+)(.*)$/.exec(pathname) ?? [];
    const path = id ? `${group}/:id${rest}` : pathname;
    const one: Asked = { method: init.method ?? "GET", path: pathname, body: init.body ? (JSON.parse(String(init.body)) as Record<string, unknown>) : undefined };
    asked.push(one);
    const answer = table[`${one.method} ${path}`]?.(one, id);
    if (answer === undefined) return new Response(null, { status: `${one.method} ${path}` in table ? 204 : 404 });
    const code = typeof answer === "object" && answer !== null && "code" in answer && "status" in answer ? Number(answer.status) : 200;
    return new Response(JSON.stringify(answer), { status: code, headers: { "Content-Type": "application/json" } });
  });
  let emit: (event: HostEvent) => void = () => undefined;
  const stream: HostStream = {
    listen(onEvent, onState) {
      emit = onEvent;
      onState("open");
      return () => undefined;
    },
  };
  const client = createQueryClient();
  const runs: Runs = createDesktopRuns(client);
  function Shell() {
    useHostStream(stream, runs);
    return <Outlet />;
  }
  const root = createRootRoute({ component: Shell });
  const chat = createRoute({ getParentRoute: () => root, path: "/chat/{-$conversationId}", component: ChatPage });
  const router = createRouter({ routeTree: root.addChildren([chat]), history: createMemoryHistory({ initialEntries: [url] }) });
  await router.load();
  const view = render(
    <QueryClientProvider client={client}>
      <TooltipProvider>
        <ToastProvider>
          <ActionsProvider>
            <RunsContext value={runs}>
              <RouterProvider router={router as never} />
            </RunsContext>
          </ActionsProvider>
        </ToastProvider>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return {
    ...view,
    asked,
    runs,
    router,
    emit: (event: HostEvent) => act(() => emit(event)),
    sent: (path: string) => asked.filter((a) => a.method !== "GET" && a.path === path),
  };
}

export const runOf = (asked: Asked, more: Partial<Run> = {}): Run => ({
  id: "run1", conversation_id: String(asked.body?.["conversation_id"]), message_id: String(asked.body?.["message_id"]), answer_id: "answer1", model: String(asked.body?.["model"]), state: "running", text: "", seq: 0, started_at: "", ...more,
});

// jsdom has no layout; a virtualised list fills what its scroller measures.
Object.defineProperties(Element.prototype, {
  clientHeight: { configurable: true, get: () => 600 },
  clientWidth: { configurable: true, get: () => 1000 },
});
