import type { Dashboard } from "@/api";

/** Seconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** "1767348000-1767351600" as a span; undefined for anything else. */
export function spanOf(text: string | undefined): Span | undefined {
  const match = /^(\d{9,11})-(\d{9,11})$/.exec(text ?? "");
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  return match && from < to ? { from, to } : undefined;
}

export const spanText = (from: number, to: number): string => `${Math.floor(from)}-${Math.ceil(to)}`;

/** The points of a span; all of them when it has slid out of the range or holds too few to be a line. */
export function pointsIn(points: Dashboard["points"], span: Span | undefined): Dashboard["points"] {
  if (!span) return points;
  const inside = points.filter((p) => Date.parse(p.at) / 1000 >= span.from && Date.parse(p.at) / 1000 <= span.to);
  return inside.length > 1 ? inside : points;
}
