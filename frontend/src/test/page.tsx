import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { FunctionComponent } from "react";
import { vi } from "vitest";
import type { Me } from "@/api";
import { MeContext, type Permission } from "@/app/me";
import { createQueryClient } from "@/app/queryClient";
import { ToastProvider, TooltipProvider } from "@/ui";

// Role queries are slow in jsdom, more so on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  /** Aborted when the page no longer wants the answer. */
  signal?: AbortSignal;
}

/** An answer, or what makes one; a Problem is an object with a status above 399, a Response goes out as it is. */
export type Answer = unknown | ((asked: Asked) => unknown);

const all: Permission[] = ["dashboard.read", "logs.read", "users.read", "users.write", "keys.read", "keys.write", "providers.read", "providers.write", "audit.read", "limits.read", "limits.write", "costs.read", "contents.write", "models.use", "chat.use"];

export const ana: Me = {
  user_id: "u-ana", email: "ana@acme.test", name: "Ana Example", role: "owner", permissions: all,
  tenant_id: "t-1", tenant_name: "Acme", tenant_slug: "acme",
};

export function problem(status: number, code: string, more: object = {}) {
  return { type: `urn:nexusai:${code}`, title: "", status, code, key: `fault.${code}`, detail: "As the host says it.", ...more };
}

/**
 * Renders a console page against a host that answers from a table of
 * "METHOD /path"; what it was asked is in the result.
 */
export async function renderPage(Page: FunctionComponent, answers: Record<string, Answer>, { me = ana, url = "/" }: { me?: Me; url?: string } = {}) {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit) => {
    const { pathname, searchParams } = new URL(input);
    const one: Asked = { method: init.method ?? "GET", path: pathname, query: searchParams, body: init.body ? JSON.parse(String(init.body)) : undefined, ...(init.signal ? { signal: init.signal } : {}) };
    asked.push(one);
    const known = answers[`${one.method} ${pathname}`];
    const answer: unknown = await (typeof known === "function" ? (known as (a: Asked) => unknown)(one) : known);
    if (answer instanceof Response) return answer;
    if (answer === undefined && !(`${one.method} ${pathname}` in answers)) return reply(problem(404, "not_found"), 404);
    if (answer === undefined) return new Response(null, { status: 204 });
    const status = typeof answer === "object" && answer !== null && "code" in answer && "status" in answer ? Number(answer.status) : 200;
    return reply(answer, status);
  });
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path: "$", component: Page });
  const router = createRouter({ routeTree: root.addChildren([page]), history: createMemoryHistory({ initialEntries: [url] }) });
  await router.load();
  const view = render(
    <QueryClientProvider client={createQueryClient()}>
      <TooltipProvider>
        <ToastProvider>
          <MeContext value={me}>
            <RouterProvider router={router as never} />
          </MeContext>
        </ToastProvider>
      </TooltipProvider>
    </QueryClientProvider>,
  );
  return { ...view, asked, router, posted: (path: string) => asked.find((a) => a.method !== "GET" && a.path === path) };
}

const reply = (body: unknown, status: number) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": status > 399 ? "application/problem+json" : "application/json" } });

// jsdom has no layout; a virtualised table fills what its scroller measures.
Object.defineProperties(Element.prototype, {
  clientHeight: { configurable: true, get: () => 600 },
  clientWidth: { configurable: true, get: () => 1000 },
});
