import type { Budget } from "@/api";
import type { Format } from "@/i18n";

const nano = 1e9;
/** The most that an amount can be; the host counts in 64 bits, this page in doubles. */
const most = 9_000_000;

/** US dollars as typed, with a comma or a point, as nano US dollars; NaN for anything else. */
export function moneyOf(text: string): number {
  const trimmed = text.trim().replace(/^\$\s*/, "").replace(",", ".");
  if (!/^\d+(\.\d{1,9})?$/.test(trimmed) || Number(trimmed) > most) return Number.NaN;
  return Math.round(Number(trimmed) * nano);
}

export const moneyText = (nanoUsd: number, format: Format): string => format.typed(nanoUsd / nano);

/** A whole number from 0; NaN for anything else. */
export function wholeOf(text: string): number {
  const trimmed = text.trim().replace(/[\s.,](?=\d{3}\b)/g, "");
  return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

export type Mark = "calm" | "half" | "near" | "spent";

/** Where a budget stands: what is reserved counts as spent. */
export function markOf(budget: Budget): Mark {
  const used = shareOf(budget);
  if (used >= 1) return "spent";
  if (used >= 0.8) return "near";
  return used >= 0.5 ? "half" : "calm";
}

export function shareOf(budget: Budget): number {
  const used = budget.spent_nano_usd + budget.reserved_nano_usd;
  if (budget.amount_nano_usd <= 0) return 1;
  return used / budget.amount_nano_usd;
}
