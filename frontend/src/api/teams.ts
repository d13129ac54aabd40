// Groups of members, for which budgets can be; the server only.
import { queryOptions } from "@tanstack/react-query";
import { adminKeys } from "./admin";
import { api, take } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type NewTeam = Schemas["NewTeam"];

/** All of them, or those that somebody is in. */
export const teamsQuery = (user = "") =>
  queryOptions({
    queryKey: [...adminKeys.teams, "list", user],
    queryFn: ({ signal }) => take(api.GET("/api/admin/teams", { params: { query: user ? { user } : {} }, signal })),
  });
export const teamMembersQuery = (id: string) =>
  queryOptions({ queryKey: [...adminKeys.teams, "members", id], queryFn: ({ signal }) => take(api.GET("/api/admin/teams/{id}/members", { params: { path: { id } }, signal })) });

export const createTeam = (body: NewTeam) => take(api.POST("/api/admin/teams", { body }));
export const renameTeam = (id: string, name: string) => take(api.PATCH("/api/admin/teams/{id}", { params: { path: { id } }, body: { name } }));
export const deleteTeam = (id: string) => take(api.DELETE("/api/admin/teams/{id}", { params: { path: { id } } }));
export const addTeamMember = (id: string, user: string) => take(api.PUT("/api/admin/teams/{id}/members/{user}", { params: { path: { id, user } } }));
export const removeTeamMember = (id: string, user: string) => take(api.DELETE("/api/admin/teams/{id}/members/{user}", { params: { path: { id, user } } }));
