// The answers being written: the one thing that lives outside the query cache,
// because it changes thirty times a second. It enters the cache when it ends.
import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { Message, Problem, Run, RunEvent } from "@/api";
import { createTail } from "./createTail";
import { fromSnapshot, isOver, step, type LiveRun } from "./runState";

export type { LiveRun };

export interface RunsConfig {
  fetchRun(id: string): Promise<Run>;
  /** The answer is final; message is absent when the host could not say more than that. */
  onEnd(run: LiveRun, message: Message | undefined): void;
  everyMs?: number;
}

export interface Runs {
  /** Learns of a run from an answer to a request. A newer state is never overwritten by an older one. */
  adopt(run: Run): void;
  event(event: RunEvent): void;
  /** The stream was cut: asks for every run that is not over. */
  resync(): void;
  get(id: string): LiveRun | undefined;
  forConversation(conversationId: string): LiveRun | undefined;
  /** Ids of conversations in which an answer is being written; the same array until that changes. */
  active(): readonly string[];
  forget(id: string): void;
  /** Why an answer failed, as its host said it while this page was open: more than the code that is kept with the answer. */
  problem(answerId: string): Problem | undefined;
  subscribe(listener: () => void): () => void;
}

/** Of how many failed answers the reason is kept. */
const mostProblems = 100;

interface Entry {
  run: LiveRun;
  tail: ReturnType<typeof createTail>;
}

export function createRuns({ fetchRun, onEnd, everyMs = 33 }: RunsConfig): Runs {
  const entries = new Map<string, Entry>();
  const fetching = new Map<string, RunEvent[]>(); // events that wait for their run's snapshot
  const problems = new Map<string, Problem>(); // by answer, oldest first
  const listeners = new Set<() => void>();
  let active: readonly string[] = [];

  const tell = () => {
    const now = [...entries.values()].filter((e) => e.run.state === "running").map((e) => e.run.conversationId).sort();
    if (now.join() !== active.join()) active = now;
    for (const listener of listeners) listener();
  };

  const put = (run: LiveRun) => {
    const known = entries.get(run.id);
    if (known) {
      known.tail.close();
      known.run = run;
      tell();
      return;
    }
    const entry: Entry = {
      run,
      tail: createTail((delta) => {
        entry.run = { ...entry.run, text: entry.run.text + delta };
        tell();
      }, everyMs),
    };
    entries.set(run.id, entry);
    tell();
  };

  const keepProblem = (answerId: string, problem: Problem | undefined) => {
    if (!problem || !answerId) return;
    problems.set(answerId, problem);
    for (const oldest of problems.keys()) if (problems.size > mostProblems) problems.delete(oldest);
  };

  const finish = (entry: Entry, message: Message | undefined) => {
    entry.tail.close();
    keepProblem(entry.run.answerId, entry.run.problem);
    onEnd(entry.run, message);
    if (entry.run.state !== "failed" || message) entries.delete(entry.run.id);
    tell();
  };

  const refetch = (id: string, first?: RunEvent) => {
    const waiting = fetching.get(id);
    if (waiting) {
      if (first) waiting.push(first);
      return;
    }
    fetching.set(id, first ? [first] : []);
    fetchRun(id)
      .then(adopt)
      .catch(() => undefined) // the next event or resync asks again
      .finally(() => {
        const missed = fetching.get(id) ?? [];
        fetching.delete(id);
        if (entries.has(id)) for (const event of missed) apply(event);
      });
  };

  const adopt = (run: Run) => {
    const known = entries.get(run.id);
    // Back in the queue it has no text; anything else that is older is just late.
    if (known && known.run.seq > run.seq && run.state !== "waiting") return;
    if (known && known.run.seq === run.seq && known.run.state === run.state) return;
    if (!known && isOver(run.state)) {
      onEnd(fromSnapshot(run), undefined);
      return;
    }
    put(fromSnapshot(run));
    const entry = entries.get(run.id);
    if (entry && isOver(run.state)) finish(entry, undefined);
  };

  const apply = (event: RunEvent) => {
    const entry = entries.get(event.run_id);
    if (!entry) return;
    const next = step(entry.run, event);
    if (next.kind === "old") return;
    if (next.kind === "gap") {
      refetch(event.run_id, event);
      return;
    }
    const changed = next.run.state !== entry.run.state;
    if (next.run.text === "" && entry.run.text !== "") put(next.run); // it begins again
    else entry.run = { ...next.run, text: entry.run.text };
    if (next.delta) entry.tail.push(next.delta);
    if (isOver(event.state)) finish(entry, event.message);
    else if (changed) tell();
  };

  return {
    adopt,
    event(event) {
      if (fetching.has(event.run_id)) refetch(event.run_id, event);
      else if (entries.has(event.run_id)) apply(event);
      else if (!isOver(event.state)) refetch(event.run_id, event);
      else if (event.message) {
        keepProblem(event.answer_id, event.problem);
        onEnd({ id: event.run_id, conversationId: event.conversation_id, messageId: "", answerId: event.answer_id, model: event.message.model ?? "", state: event.state, text: event.message.text, seq: event.seq }, event.message);
      }
    },
    resync() {
      for (const [id, entry] of entries) if (!isOver(entry.run.state)) refetch(id);
    },
    get: (id) => entries.get(id)?.run,
    forConversation(conversationId) {
      let found: LiveRun | undefined;
      for (const { run } of entries.values()) if (run.conversationId === conversationId) found = run;
      return found;
    },
    active: () => active,
    forget(id) {
      entries.get(id)?.tail.close();
      if (entries.delete(id)) tell();
    },
    problem: (answerId) => problems.get(answerId),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const RunsContext = createContext<Runs | undefined>(undefined);

export function useRuns(): Runs {
  const runs = useContext(RunsContext);
  if (!runs) throw new Error("no RunsContext above");
  return runs;
}

/** The answer being written in a conversation; renders its caller on every commit. */
export function useRunFor(conversationId: string): LiveRun | undefined {
  const runs = useRuns();
  return useSyncExternalStore(runs.subscribe, () => runs.forConversation(conversationId));
}

/** A part of that answer; renders only when the part changes. */
export function useRun<P extends string | number | boolean | undefined>(conversationId: string, part: (run: LiveRun | undefined) => P): P {
  const runs = useRuns();
  const read = useCallback(() => part(runs.forConversation(conversationId)), [runs, conversationId, part]);
  return useSyncExternalStore(runs.subscribe, read);
}
