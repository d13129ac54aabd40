import { queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import type { components } from "./schema";
import type { RunId } from "./types";

export type ChatRequest = components["schemas"]["ChatRequest"];

export const chatKeys = {
  models: ["models"] as const,
  spend: ["spend"] as const,
};

export const modelsQuery = () =>
  queryOptions({
    queryKey: chatKeys.models,
    queryFn: ({ signal }) => take(api.GET("/api/models", { signal })),
    staleTime: 30_000,
    // Hints tell of this host's models only; one that is starting elsewhere is asked after.
    refetchInterval: (query) => (query.state.data?.some((m) => m.state === "starting") ? 3_000 : false),
  });

export const spendQuery = () =>
  queryOptions({
    queryKey: chatKeys.spend,
    queryFn: ({ signal }) => take(api.GET("/api/usage/today", { signal })),
    staleTime: 15_000,
  });

/** Stores a message and starts its answer; a repeat with the same ids attaches to the same run. */
export const sendMessage = (body: ChatRequest) => take(api.POST("/api/chat", { body }));

export const fetchRun = (id: RunId) => take(api.GET("/api/chat/runs/{id}", { params: { path: { id } } }));

export const stopRun = (id: RunId) => take(api.POST("/api/chat/runs/{id}/stop", { params: { path: { id } } }));
