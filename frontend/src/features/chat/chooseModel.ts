import type { Model } from "@/api";

/**
 * The model that the composer starts with: the first proposal that exists,
 * else the best there is. The team's models come before this device's small
 * one, what is ready before what is not. Until the list is known the first
 * proposal is believed.
 */
export function chooseModel(chat: readonly Model[], proposals: readonly (string | undefined)[], known: boolean): string {
  const existing = proposals.find((id) => chat.some((m) => m.id === id));
  if (existing) return existing;
  const proposed = proposals.find(Boolean);
  if (!known && proposed) return proposed;
  const ready = chat.filter((m) => m.state === "ready");
  const best = ready.find((m) => !m.local) ?? ready[0] ?? chat.find((m) => !m.local) ?? chat[0];
  return best?.id ?? "";
}
