// What is kept of what calls said; the server only.
import { queryOptions } from "@tanstack/react-query";
import { adminKeys } from "./admin";
import { api, take } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type CallContents = Schemas["CallContents"];
export type ContentMessage = Schemas["ContentMessage"];
export type ContentPolicy = Schemas["ContentPolicy"];
export type ContentChoice = Schemas["ContentChoice"];

/** The policy is asked for anew whenever somebody looks: a form begins with what holds. */
export const contentPolicyQuery = () =>
  queryOptions({ queryKey: adminKeys.contents, queryFn: ({ signal }) => take(api.GET("/api/admin/contents", { signal })), gcTime: 0 });
export const setContentPolicy = (body: ContentChoice) => take(api.PUT("/api/admin/contents", { body }));
export const deleteContents = () => take(api.DELETE("/api/admin/contents"));

/** Each time it is asked for, the audit says who did. */
export const readContents = (id: string) => take(api.POST("/api/admin/logs/{id}/contents", { params: { path: { id } } }));
