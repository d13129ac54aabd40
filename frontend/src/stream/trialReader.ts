import { localProblem, problemFrom, ProblemError, type Problem } from "@/api/problem";
import type { TrialResult } from "@/api/types";

export interface TrialSink {
  onText(delta: string): void;
  onReasoning(delta: string): void;
  /** What the answer took; also of one that failed after it had begun. */
  onOutcome(outcome: TrialResult): void;
}

type Fields = Record<string, unknown>;

/** Reads the events of one answer of the playground; what it does not know it passes over. */
export function createTrialReader(sink: TrialSink) {
  let ended = false;
  let problem: Problem | undefined;
  return {
    data(line: string) {
      const event = parse(line);
      const piece = typeof event["text"] === "string" ? event["text"] : "";
      switch (event["type"]) {
        case "text":
          if (piece) sink.onText(piece);
          return;
        case "reasoning":
          if (piece) sink.onReasoning(piece);
          return;
        case "failed":
          problem = problemFrom(event["problem"], 200);
          break;
        case "done":
          ended = true;
          break;
        default:
          return;
      }
      if (isOutcome(event["outcome"])) sink.onOutcome(event["outcome"]);
    },
    /** Throws a ProblemError unless it ended as it should: a cut is no end. */
    end() {
      if (problem) throw new ProblemError(problem);
      if (!ended) throw new ProblemError(localProblem("stream.cut"));
    },
  };
}

function parse(line: string): Fields {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function isOutcome(value: unknown): value is TrialResult {
  return typeof value === "object" && value !== null && "call_id" in value && typeof value.call_id === "string" && "cost_nano_usd" in value && typeof value.cost_nano_usd === "number";
}
