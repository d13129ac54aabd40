import { createHashHistory, createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { ChatPage } from "@/features/chat";
import { NotFound } from "../NotFound";
import { RouteError } from "../RouteError";
import { DesktopShell } from "./DesktopShell";

const root = createRootRoute({ component: DesktopShell, notFoundComponent: NotFound, errorComponent: RouteError });
const page = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) => createRoute({ getParentRoute: () => root, path, component });

const routeTree = root.addChildren([
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/chat/{-$conversationId}", params: {} });
    },
  }),
  // One route for a new and an open conversation: the composer stays while the id appears.
  createRoute({ getParentRoute: () => root, path: "/chat/{-$conversationId}", component: ChatPage }),
  page("/queue", lazyRouteComponent(() => import("@/features/queue"), "QueuePage")),
  page("/settings", lazyRouteComponent(() => import("@/features/settings"), "SettingsPage")),
  page("/diagnostics", lazyRouteComponent(() => import("@/features/diagnostics"), "DiagnosticsPage")),
]);

// The window's scheme has no server that would know deep paths: routes live in the fragment.
export const desktopRouter = createRouter({ routeTree, history: createHashHistory(), defaultPreload: "intent", scrollRestoration: false });
