import type { Model, problemOf } from "@/api";
import type { CompletionUsage } from "@/stream";

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
  finish?: string;
  usage?: CompletionUsage;
  requestId?: string;
  problem?: Problem;
}

export const idleLane: Lane = { state: "idle", text: "", reasoning: "" };

export const isRunning = (lane: Lane): boolean => lane.state === "waiting" || lane.state === "writing";
export const isOver = (lane: Lane): boolean => lane.state === "done" || lane.state === "stopped" || lane.state === "failed";

/** Tokens a second while it wrote; undefined when that cannot be said. */
export function rateOf(lane: Lane): number | undefined {
  const writing = (lane.totalMs ?? 0) - (lane.firstMs ?? 0);
  const tokens = lane.usage?.output ?? 0;
  return lane.firstMs !== undefined && tokens > 1 && writing > 0 ? (tokens / writing) * 1000 : undefined;
}

/**
 * Nano US dollars by the model's listed prices; undefined when it has none.
 * Cached tokens count in full: the log knows better, this is what it costs at most.
 */
export function listCost(model: Model | undefined, usage: CompletionUsage | undefined): number | undefined {
  if (!usage || !model) return undefined;
  const { input_nano_usd: input, output_nano_usd: output } = model;
  if (input === undefined && output === undefined) return model.local ? 0 : undefined;
  return Math.round((usage.input * (input ?? 0) + usage.output * (output ?? 0)) / 1000);
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
