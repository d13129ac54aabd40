import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { NotFound } from "../NotFound";
import { RouteError } from "../RouteError";
import { ConsoleShell } from "./ConsoleShell";

const root = createRootRoute({ component: ConsoleShell, notFoundComponent: NotFound, errorComponent: RouteError });
const page = <P extends string>(path: P, component: ReturnType<typeof lazyRouteComponent>) => createRoute({ getParentRoute: () => root, path, component });

// Each page comes when it is opened.
const routeTree = root.addChildren([
  page("/", lazyRouteComponent(() => import("@/features/dashboard"), "DashboardPage")),
  page("/logs", lazyRouteComponent(() => import("@/features/logs"), "LogsPage")),
  page("/providers", lazyRouteComponent(() => import("@/features/providers"), "ProvidersPage")),
  page("/playground", lazyRouteComponent(() => import("@/features/playground"), "PlaygroundPage")),
  page("/limits", lazyRouteComponent(() => import("@/features/limits"), "LimitsPage")),
  page("/cost", lazyRouteComponent(() => import("@/features/cost"), "CostPage")),
  page("/audit", lazyRouteComponent(() => import("@/features/audit"), "AuditPage")),
  page("/users", lazyRouteComponent(() => import("@/features/users"), "UsersPage")),
  page("/keys", lazyRouteComponent(() => import("@/features/keys"), "KeysPage")),
]);

export const consoleRouter = createRouter({ routeTree, basepath: "/console", defaultPreload: "intent", scrollRestoration: false });
