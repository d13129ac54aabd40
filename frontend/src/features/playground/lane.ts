import type { problemOf, TrialResult } from "@/api";

export type Problem = ReturnType<typeof problemOf>;

/** One model's answer. */
export interface Lane {
  state: "idle" | "waiting" | "writing" | "done" | "stopped" | "failed";
  text: string;
  /** What it thought before it answered, where the model shows that. */
  reasoning: string;
  /** ms since 1970. */
  startedAt?: number;
  /** From asking to the first piece of thought or text, as this page saw it. ms */
  firstMs?: number;
  totalMs?: number;
  /** What the server says that it took; absent for one that was stopped or refused. */
  outcome?: TrialResult;
  requestId?: string;
  problem?: Problem;
}

export const idleLane: Lane = { state: "idle", text: "", reasoning: "" };

export const isRunning = (lane: Lane): boolean => lane.state === "waiting" || lane.state === "writing";
export const isOver = (lane: Lane): boolean => lane.state === "done" || lane.state === "stopped" || lane.state === "failed";

/** Tokens a second while it wrote; undefined when that cannot be said. */
export function rateOf(lane: Lane): number | undefined {
  const writing = (lane.totalMs ?? 0) - (lane.firstMs ?? 0);
  const tokens = lane.outcome?.output_tokens ?? 0;
  return lane.firstMs !== undefined && tokens > 1 && writing > 0 ? (tokens / writing) * 1000 : undefined;
}

/** Nano US dollars; undefined while they are not known, and where no price is. */
export function costOf(lane: Lane): number | undefined {
  return lane.outcome && !lane.outcome.unpriced ? lane.outcome.cost_nano_usd : undefined;
}

/** The models whose figure is the lowest, or the highest, when at least two can be compared. */
export function bestOf(figures: ReadonlyMap<string, number | undefined>, highest = false): ReadonlySet<string> {
  const known = [...figures].filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (known.length < 2) return new Set();
  const values = known.map(([, value]) => value);
  const best = highest ? Math.max(...values) : Math.min(...values);
  if (values.every((value) => value === best)) return new Set();
  return new Set(known.filter(([, value]) => value === best).map(([model]) => model));
}
