// What administrators see and change; the server only.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import type { components, operations } from "./schema";

type Schemas = components["schemas"];
export type Range = NonNullable<NonNullable<operations["get-dashboard"]["parameters"]["query"]>["range"]>;
export type LogFilter = Omit<NonNullable<operations["list-logs"]["parameters"]["query"]>, "cursor" | "limit">;
export type AuditFilter = Omit<NonNullable<operations["list-audit"]["parameters"]["query"]>, "cursor" | "limit">;
export type ProviderInput = Schemas["ProviderInput"];
export type UserPatch = Schemas["UserPatch"];
export type NewKey = Schemas["NewKey"];
export type KeyPatch = Schemas["KeyPatch"];
export type Invite = Schemas["Invite"];

export const adminKeys = {
  dashboard: ["dashboard"] as const,
  logs: ["logs"] as const,
  users: ["users"] as const,
  teams: ["teams"] as const,
  keys: ["keys"] as const,
  providers: ["providers"] as const,
  audit: ["audit"] as const,
  limits: ["limits"] as const,
  contents: ["contents"] as const,
};

export const dashboardQuery = (range: Range) =>
  queryOptions({
    queryKey: [...adminKeys.dashboard, range],
    queryFn: ({ signal }) => take(api.GET("/api/admin/dashboard", { params: { query: { range } }, signal })),
    placeholderData: keepPreviousData,
  });

export const logsQuery = (filter: LogFilter) =>
  infiniteQueryOptions({
    queryKey: [...adminKeys.logs, filter],
    queryFn: ({ pageParam, signal }) =>
      take(api.GET("/api/admin/logs", { params: { query: { ...filter, limit: 200, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

/** How often a call that is still being written down is looked for. ms */
const lookAgain = 1_500;
const looks = 12;

/** The log's row of the call that a request id names, or null while it is not there. */
export const callQuery = (requestId: string, model: string) =>
  queryOptions({
    queryKey: [...adminKeys.logs, "call", requestId],
    queryFn: async ({ signal }) => {
      const page = await take(api.GET("/api/admin/logs", { params: { query: { model, limit: 200 } }, signal }));
      return page.items.find((call) => call.request_id === requestId) ?? null;
    },
    refetchInterval: (query) => ((query.state.data?.state ?? "running") === "running" && query.state.dataUpdateCount < looks ? lookAgain : false),
  });

export const auditQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: [...adminKeys.audit, filter],
    queryFn: ({ pageParam, signal }) =>
      take(api.GET("/api/admin/audit", { params: { query: { ...filter, limit: 200, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const verifyAudit = () => take(api.GET("/api/admin/audit/verify"));

export const usersQuery = () =>
  queryOptions({ queryKey: adminKeys.users, queryFn: ({ signal }) => take(api.GET("/api/admin/users", { signal })) });
export const inviteUser = (body: Invite) => take(api.POST("/api/admin/users", { body }));
export const patchUser = (id: string, body: UserPatch) => take(api.PATCH("/api/admin/users/{id}", { params: { path: { id } }, body }));
export const resetUser = (id: string) => take(api.POST("/api/admin/users/{id}/reset", { params: { path: { id } } }));
export const signOutUser = (id: string) => take(api.DELETE("/api/admin/users/{id}/sessions", { params: { path: { id } } }));

export const keysQuery = () =>
  queryOptions({ queryKey: adminKeys.keys, queryFn: ({ signal }) => take(api.GET("/api/admin/keys", { signal })) });
export const createKey = (body: NewKey) => take(api.POST("/api/admin/keys", { body }));
export const patchKey = (id: string, body: KeyPatch) => take(api.PATCH("/api/admin/keys/{id}", { params: { path: { id } }, body }));
export const revokeKey = (id: string) => take(api.DELETE("/api/admin/keys/{id}", { params: { path: { id } } }));

export const providersQuery = () =>
  queryOptions({ queryKey: adminKeys.providers, queryFn: ({ signal }) => take(api.GET("/api/admin/providers", { signal })) });
export const createProvider = (body: ProviderInput) => take(api.POST("/api/admin/providers", { body }));
export const patchProvider = (id: string, body: ProviderInput) =>
  take(api.PATCH("/api/admin/providers/{id}", { params: { path: { id } }, body }));
export const deleteProvider = (id: string) => take(api.DELETE("/api/admin/providers/{id}", { params: { path: { id } } }));
export const testProvider = (id: string, signal?: AbortSignal) => take(api.POST("/api/admin/providers/{id}/test", { params: { path: { id } }, ...(signal ? { signal } : {}) }));
