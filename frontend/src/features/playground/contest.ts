import { problemOf, type Trial } from "@/api";
import { createTail, type StreamTrial } from "@/stream";
import { idleLane, type Lane } from "./lane";

export type Question = Omit<Trial, "model">;

export interface Contest {
  /** Asks every model at once; what still runs is stopped first. */
  start(question: Question, models: readonly string[]): void;
  /** Asks one of them again. */
  again(question: Question, model: string): void;
  /** Stops one, or all of them; what was written stays. */
  stop(model?: string): void;
  /** The lane of a model; the same object until something in it changed. */
  lane(model: string): Lane;
  running(): boolean;
  /** Those that were asked, in the order of asking. */
  models(): readonly string[];
  subscribe(listener: () => void): () => void;
}

interface Config {
  stream: StreamTrial;
  /** ms since any fixed moment, never going back. */
  clock?: () => number;
  now?: () => number;
}

/** Answers of several models to one question, kept outside React; each lane commits about 30 times a second. */
export function createContest({ stream, clock = () => performance.now(), now = Date.now }: Config): Contest {
  const lanes = new Map<string, Lane>();
  const ends = new Map<string, AbortController>();
  const listeners = new Set<() => void>();
  const patch = (model: string, change: Partial<Lane>) => {
    lanes.set(model, { ...(lanes.get(model) ?? idleLane), ...change });
    for (const listener of listeners) listener();
  };

  const run = async (question: Question, model: string) => {
    ends.get(model)?.abort(new DOMException("asked again", "AbortError"));
    const end = new AbortController();
    ends.set(model, end);
    const began = clock();
    lanes.set(model, idleLane);
    patch(model, { state: "waiting", startedAt: now() });
    const mine = () => ends.get(model) === end;
    const first = () => {
      if (lanes.get(model)?.firstMs === undefined) patch(model, { firstMs: clock() - began, state: "writing" });
    };
    const tail = (part: "text" | "reasoning") => createTail((delta) => mine() && patch(model, { [part]: (lanes.get(model) ?? idleLane)[part] + delta }));
    const text = tail("text");
    const reasoning = tail("reasoning");
    const close = (change: Partial<Lane>) => {
      text.close();
      reasoning.close();
      if (!mine()) return;
      ends.delete(model);
      patch(model, { totalMs: clock() - began, ...change });
    };
    const heard = (into: typeof text) => (delta: string) => {
      if (!mine()) return;
      first();
      into.push(delta);
    };
    try {
      await stream(
        { ...question, model },
        {
          onRequestId: (requestId) => mine() && patch(model, { requestId }),
          onText: heard(text),
          onReasoning: heard(reasoning),
          onOutcome: (outcome) => mine() && patch(model, { outcome }),
        },
        end.signal,
      );
      close({ state: "done" });
    } catch (error) {
      if (end.signal.aborted) close({ state: "stopped" });
      else close({ state: "failed", problem: problemOf(error) });
    }
  };

  const stop = (model?: string) => {
    for (const [one, end] of [...ends]) if (model === undefined || one === model) end.abort(new DOMException("stopped", "AbortError"));
  };

  return {
    start(question, models) {
      stop();
      for (const model of [...lanes.keys()]) {
        if (models.includes(model)) continue;
        lanes.delete(model);
        ends.delete(model); // or its end would bring it back
      }
      for (const model of models) void run(question, model);
    },
    again: (question, model) => void run(question, model),
    stop,
    lane: (model) => lanes.get(model) ?? idleLane,
    running: () => ends.size > 0,
    models: () => [...lanes.keys()],
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
