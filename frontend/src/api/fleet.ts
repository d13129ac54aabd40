// Deployments, keys of a pool, aliases, prices and where a request would go; the server only.
import { queryOptions } from "@tanstack/react-query";
import { adminKeys } from "./admin";
import { api, take } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type NewProviderKey = Schemas["NewProviderKey"];
export type ProviderKeyPatch = Schemas["ProviderKeyPatch"];
export type DeploymentPatch = Schemas["DeploymentPatch"];
export type DeploymentOverrides = Schemas["DeploymentOverrides"];
export type NewPriceOverride = Schemas["NewPriceOverride"];
export type RouteQuestion = Schemas["RouteQuestion"];

// Under the providers' key, so that their hint makes all of it stale.
const of = (what: string) => [...adminKeys.providers, what] as const;

export const deploymentsQuery = () => queryOptions({ queryKey: of("deployments"), queryFn: ({ signal }) => take(api.GET("/api/admin/deployments", { signal })) });
export const aliasesQuery = () => queryOptions({ queryKey: of("aliases"), queryFn: ({ signal }) => take(api.GET("/api/admin/aliases", { signal })) });
export const pricesQuery = () => queryOptions({ queryKey: of("prices"), queryFn: ({ signal }) => take(api.GET("/api/admin/prices", { signal })) });

export const routingQuery = () => queryOptions({ queryKey: of("routing"), queryFn: ({ signal }) => take(api.GET("/api/admin/routing", { signal })) });
/** They change with the server's program only. */
export const providerKindsQuery = () => queryOptions({ queryKey: ["provider-kinds"], queryFn: ({ signal }) => take(api.GET("/api/admin/provider-kinds", { signal })), staleTime: Number.POSITIVE_INFINITY });

export const patchDeployment = (id: string, body: DeploymentPatch) => take(api.PATCH("/api/admin/deployments/{id}", { params: { path: { id } }, body }));
export const testDeployment = (id: string, signal: AbortSignal) => take(api.POST("/api/admin/deployments/{id}/test", { params: { path: { id } }, signal }));

export const addProviderKey = (id: string, body: NewProviderKey) => take(api.POST("/api/admin/providers/{id}/keys", { params: { path: { id } }, body }));
export const patchProviderKey = (id: string, key: string, body: ProviderKeyPatch) => take(api.PATCH("/api/admin/providers/{id}/keys/{key}", { params: { path: { id, key } }, body }));
export const deleteProviderKey = (id: string, key: string) => take(api.DELETE("/api/admin/providers/{id}/keys/{key}", { params: { path: { id, key } } }));
export const testProviderKey = (id: string, key: string, signal: AbortSignal) => take(api.POST("/api/admin/providers/{id}/keys/{key}/test", { params: { path: { id, key } }, signal }));

export const saveAlias = (body: Schemas["Alias"]) => take(api.PUT("/api/admin/aliases", { body }));
export const deleteAlias = (name: string) => take(api.DELETE("/api/admin/aliases", { params: { query: { name } } }));

export const saveRouting = (body: Schemas["RoutingPolicy"]) => take(api.PUT("/api/admin/routing", { body }));

export const setPrice = (body: NewPriceOverride) => take(api.POST("/api/admin/prices", { body }));
export const explainRoute = (body: RouteQuestion) => take(api.POST("/api/admin/route/explain", { body }));
