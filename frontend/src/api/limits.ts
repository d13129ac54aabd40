// What may be used and spent; the server only.
import { queryOptions } from "@tanstack/react-query";
import { adminKeys } from "./admin";
import { api, take } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type NewBudget = Schemas["NewBudget"];
export type BudgetPatch = Schemas["BudgetPatch"];
export type NewLimit = Schemas["NewLimit"];
export type LimitPatch = Schemas["LimitPatch"];

export const budgetsQuery = () =>
  queryOptions({ queryKey: [...adminKeys.limits, "budgets"], queryFn: ({ signal }) => take(api.GET("/api/admin/budgets", { signal })) });
export const alertsQuery = () =>
  queryOptions({ queryKey: [...adminKeys.limits, "alerts"], queryFn: ({ signal }) => take(api.GET("/api/admin/alerts", { signal })) });
export const limitsQuery = () =>
  queryOptions({ queryKey: [...adminKeys.limits, "limits"], queryFn: ({ signal }) => take(api.GET("/api/admin/limits", { signal })) });
export const refusalsQuery = (from?: string) =>
  queryOptions({
    queryKey: [...adminKeys.limits, "refusals", from ?? ""],
    queryFn: ({ signal }) => take(api.GET("/api/admin/refusals", { params: { query: from ? { from } : {} }, signal })),
  });

export const createBudget = (body: NewBudget) => take(api.POST("/api/admin/budgets", { body }));
export const patchBudget = (id: string, body: BudgetPatch) => take(api.PATCH("/api/admin/budgets/{id}", { params: { path: { id } }, body }));
export const deleteBudget = (id: string) => take(api.DELETE("/api/admin/budgets/{id}", { params: { path: { id } } }));
export const createLimit = (body: NewLimit) => take(api.POST("/api/admin/limits", { body }));
export const patchLimit = (id: string, body: LimitPatch) => take(api.PATCH("/api/admin/limits/{id}", { params: { path: { id } }, body }));
export const deleteLimit = (id: string) => take(api.DELETE("/api/admin/limits/{id}", { params: { path: { id } } }));
