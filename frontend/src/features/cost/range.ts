import type { CostBy, CostRange } from "@/api";

export const ranges = ["month", "7d", "30d", "90d"] as const;
export type CostSpan = (typeof ranges)[number];
export const groups: readonly CostBy[] = ["model", "user", "key", "deployment", "day"];

const days: Record<CostSpan, number> = { month: 0, "7d": 7, "30d": 30, "90d": 90 };

/** What to ask for: whole days of the team's zone, today included; a month is the host's default. */
export function rangeOf(span: CostSpan, by: CostBy, window: { from?: string | undefined; to?: string | undefined }, zone: string, now: Date): CostRange {
  if (window.from ?? window.to) return { by, ...(window.from ? { from: window.from } : {}), ...(window.to ? { to: window.to } : {}) };
  const back = days[span];
  return back === 0 ? { by } : { by, from: dayStart(now, zone, back - 1).toISOString() };
}

/** Midnight in a zone, so many days before the day of `at`. */
export function dayStart(at: Date, zone: string, back = 0): Date {
  const [year, month, day] = dateIn(at, zone);
  const midnight = Date.UTC(year, month - 1, day - back);
  // The zone's distance from UTC may differ between the two moments: look twice.
  const first = midnight - offset(new Date(midnight), zone);
  return new Date(midnight - offset(new Date(first), zone));
}

function dateIn(at: Date, zone: string): [number, number, number] {
  const parts = partsIn(at, zone);
  return [parts["year"] ?? 1970, parts["month"] ?? 1, parts["day"] ?? 1];
}

/** How far a zone's clock is ahead of UTC at a moment. ms */
function offset(at: Date, zone: string): number {
  const p = partsIn(at, zone);
  return Date.UTC(p["year"] ?? 0, (p["month"] ?? 1) - 1, p["day"] ?? 1, p["hour"] ?? 0, p["minute"] ?? 0, p["second"] ?? 0) - Math.floor(at.getTime() / 1000) * 1000;
}

function partsIn(at: Date, zone: string): Record<string, number> {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: known(zone), hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, Number(part.value)]));
}

/** A zone that this browser does not know is counted as UTC. */
function known(zone: string): string {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return zone;
  } catch {
    return "UTC";
  }
}

/** "2026-11-03" as this browser's midnight, for an axis that speaks the browser's days; NaN for anything else. */
export function dayTime(day: string): number {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  return match ? new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3])).getTime() : Number.NaN;
}

export function instant(text: string | undefined): string | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
