import { queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import { newId } from "./ids";
import type { components } from "./schema";

type Device = components["schemas"]["Device"];

export const accountKeys = {
  me: ["me"] as const,
  sessions: ["sessions"] as const,
};

export const meQuery = () =>
  queryOptions({
    queryKey: accountKeys.me,
    queryFn: ({ signal }) => take(api.GET("/api/auth/me", { signal })),
    staleTime: 60_000,
    retry: false,
  });

export const sessionsQuery = () =>
  queryOptions({
    queryKey: accountKeys.sessions,
    queryFn: ({ signal }) => take(api.GET("/api/auth/sessions", { signal })),
  });

const deviceKey = "nexus.device";

/** The id of this browser as a device; it stays across sign-ins and is no secret. */
export function deviceId(): string {
  const known = localStorage.getItem(deviceKey);
  if (known) return known;
  const made = newId();
  localStorage.setItem(deviceKey, made);
  return made;
}

const browser = (): Device => ({ id: deviceId(), name: deviceName(navigator.userAgent), cookie: true });

/** "Firefox on Linux": enough to recognise a session by. */
export function deviceName(agent: string): string {
  const name = /Edg\//.test(agent) ? "Edge" : /Firefox\//.test(agent) ? "Firefox" : /Chrome\//.test(agent) ? "Chrome" : /Safari\//.test(agent) ? "Safari" : "Browser";
  const system = /Android/.test(agent) ? "Android" : /iPhone|iPad/.test(agent) ? "iOS" : /Mac OS/.test(agent) ? "macOS" : /Windows/.test(agent) ? "Windows" : /Linux/.test(agent) ? "Linux" : "";
  return system ? `${name} · ${system}` : name;
}

export const login = (email: string, password: string, tenant: string) =>
  take(api.POST("/api/auth/login", { body: { email, password, device: browser(), ...(tenant ? { tenant } : {}) } }));

export const register = (token: string, name: string, password: string) =>
  take(api.POST("/api/auth/register", { body: { token, password, device: browser(), ...(name ? { name } : {}) } }));

export const exchangeLink = (token: string) => take(api.POST("/api/auth/exchange", { body: { token, device: browser() } }));

export const logout = () => take(api.POST("/api/auth/logout"));

export const revokeSession = (id: string) => take(api.DELETE("/api/auth/sessions/{id}", { params: { path: { id } } }));

/** Signs out everywhere; others spares the session that asks. */
export const revokeSessions = (others: boolean) => take(api.DELETE("/api/auth/sessions", { params: { query: { others } } }));

/** Renews the console's cookie; false when the session is over. */
export async function refreshCookie(): Promise<boolean> {
  const { response } = await api.POST("/api/auth/refresh", { params: {}, body: { device_id: deviceId() } });
  return response.ok;
}
