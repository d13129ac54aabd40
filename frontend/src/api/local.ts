// What concerns this device; the desktop only.
import { queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import type { components } from "./schema";
import type { MessageId, Settings } from "./types";

export const localKeys = {
  status: ["status"] as const,
  settings: ["settings"] as const,
  queue: ["queue"] as const,
  diagnostics: ["diagnostics"] as const,
};

export const statusQuery = () =>
  queryOptions({
    queryKey: localKeys.status,
    queryFn: ({ signal }) => take(api.GET("/api/local/status", { signal })),
    // Hints carry changes; this catches a hint that was lost.
    refetchInterval: 10_000,
  });

export const settingsQuery = () =>
  queryOptions({
    queryKey: localKeys.settings,
    queryFn: ({ signal }) => take(api.GET("/api/local/settings", { signal })),
    staleTime: Infinity,
  });

export const queueQuery = () =>
  queryOptions({
    queryKey: localKeys.queue,
    queryFn: ({ signal }) => take(api.GET("/api/local/queue", { signal })),
  });

export const diagnosticsQuery = () =>
  queryOptions({
    queryKey: localKeys.diagnostics,
    queryFn: ({ signal }) => take(api.GET("/api/local/diagnostics", { signal })),
    staleTime: 0,
  });

export const view = () => take(api.GET("/api/local/view"));
export const saveView = (name: string, text: string) => take(api.PUT("/api/local/view", { body: { name, text } }));
export const saveSettings = (body: Settings) => take(api.PUT("/api/local/settings", { body }));
export const connectServer = (body: components["schemas"]["Connection"]) => take(api.POST("/api/local/connection", { body }));
export const disconnectServer = () => take(api.DELETE("/api/local/connection"));
export const retryQueued = (id: MessageId) => take(api.POST("/api/local/queue/{id}/retry", { params: { path: { id } } }));
export const dropQueued = (id: MessageId) => take(api.DELETE("/api/local/queue/{id}", { params: { path: { id } } }));
export const dismissNotice = (id: string) => take(api.DELETE("/api/local/notices/{id}", { params: { path: { id } } }));
export const openExternal = (url: string) => take(api.POST("/api/local/open", { body: { url } }));
export const exchangeLocalLink = (token: string) => take(api.POST("/api/local/exchange", { body: { token } }));
