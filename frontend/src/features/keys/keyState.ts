import type { Key } from "@/api";

export type KeyState = "active" | "ending" | "expired" | "revoked";

const soon = 7 * 86_400_000;

/** Whether a key works at a moment; "ending" still does, for less than a week. */
export function keyState(key: Key, now: Date): KeyState {
  if (key.revoked_at) return "revoked";
  if (!key.expires_at) return "active";
  const left = Date.parse(key.expires_at) - now.getTime();
  return left <= 0 ? "expired" : left < soon ? "ending" : "active";
}

export const inForce = (state: KeyState): boolean => state === "active" || state === "ending";
