import type { Problem, Run, RunEvent } from "@/api";

/** An answer being written, as far as this page has heard. */
export interface LiveRun {
  readonly id: string;
  readonly conversationId: string;
  readonly messageId: string;
  readonly answerId: string;
  readonly model: string;
  readonly state: Run["state"];
  readonly text: string;
  readonly seq: number;
  readonly waitsFor?: string | undefined;
  readonly problem?: Problem | undefined;
}

export type Step =
  | { kind: "apply"; run: LiveRun; delta: string }
  | { kind: "old" }
  /** Events are missing between what is known and this one: fetch the run. */
  | { kind: "gap" };

export function isOver(state: Run["state"]): boolean {
  switch (state) {
    case "done":
    case "stopped":
    case "failed":
      return true;
    case "waiting":
    case "running":
      return false;
    default:
      state satisfies never;
      return false;
  }
}

export function fromSnapshot(run: Run): LiveRun {
  return {
    id: run.id,
    conversationId: run.conversation_id,
    messageId: run.message_id,
    answerId: run.answer_id,
    model: run.model,
    state: run.state,
    text: run.text,
    seq: run.seq,
    waitsFor: run.waits_for,
  };
}

/**
 * What one event does to a run. Seq has no holes, so a jump is a loss; a run
 * that went back into the queue and begins again counts from 1 again.
 */
export function step(known: LiveRun, event: RunEvent): Step {
  const run = event.seq === 1 && known.seq > 0 ? { ...known, seq: 0, text: "", problem: undefined } : known;
  if (event.seq <= run.seq) return { kind: "old" };
  if (event.seq > run.seq + 1) return { kind: "gap" };
  return {
    kind: "apply",
    delta: event.text ?? "",
    run: { ...run, seq: event.seq, state: event.state, answerId: event.answer_id || run.answerId, problem: event.problem ?? run.problem },
  };
}
