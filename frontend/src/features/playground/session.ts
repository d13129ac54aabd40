import { streamTrial } from "@/stream";
import { createContest, type Contest, type Question } from "./contest";

export interface Draft {
  prompt: string;
  system: string;
  /** As typed; empty leaves it to the model. */
  temperature: string;
  maxTokens: string;
}

/** What is typed and answered outlives the page: a look into the log and back loses nothing. */
export interface PlaygroundSession {
  readonly userId: string;
  readonly contest: Contest;
  draft(): Draft;
  change(part: Partial<Draft>): void;
}

let current: PlaygroundSession | undefined;

/** The session of this user; that of another one is forgotten, never shown. */
export function sessionOf(userId: string): PlaygroundSession {
  if (current?.userId === userId) return current;
  current?.contest.stop();
  let draft: Draft = { prompt: "", system: "", temperature: "", maxTokens: "" };
  current = {
    userId,
    contest: createContest({ stream: streamTrial }),
    draft: () => draft,
    change: (part) => {
      draft = { ...draft, ...part };
    },
  };
  return current;
}

export type DraftFault = "prompt" | "temperature" | "maxTokens";

/** The question of a draft, or the first field that is wrong. */
export function questionOf(draft: Draft): Question | DraftFault {
  if (draft.prompt.trim() === "") return "prompt";
  const temperature = number(draft.temperature);
  if (temperature !== undefined && !(temperature >= 0 && temperature <= 2)) return "temperature";
  const most = number(draft.maxTokens);
  if (most !== undefined && !(Number.isInteger(most) && most >= 1 && most <= 1_000_000)) return "maxTokens";
  const system = draft.system.trim();
  return {
    messages: [...(system ? [{ role: "system" as const, text: system }] : []), { role: "user" as const, text: draft.prompt }],
    ...(temperature === undefined ? {} : { temperature }),
    ...(most === undefined ? {} : { max_tokens: most }),
  };
}

/** A number with a comma or a point; undefined when empty, NaN when it is none. */
function number(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return undefined;
  return /^\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}
