import { useSyncExternalStore } from "react";
import type { Contest } from "./contest";
import type { Lane } from "./lane";

/** One model's answer as it grows; nothing else renders for it. */
export function useLane(contest: Contest, model: string): Lane {
  return useSyncExternalStore(contest.subscribe, () => contest.lane(model));
}

/** Whether anything is being written. */
export function useRunning(contest: Contest): boolean {
  return useSyncExternalStore(contest.subscribe, contest.running);
}

/** A word that changes when a figure of the finished lanes does, and not with every token. */
export function useOutcomes(contest: Contest, models: readonly string[]): string {
  return useSyncExternalStore(contest.subscribe, () => models.map((model) => outcome(contest.lane(model))).join(" "));
}

const outcome = (lane: Lane) => `${lane.state}:${lane.firstMs ?? ""}:${lane.totalMs ?? ""}:${lane.outcome?.output_tokens ?? ""}`;
