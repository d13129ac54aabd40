// One answer of a model in the playground: a call of the signed-in person, with
// the limits and budgets of that person.
import { apiUrl, currentAuth } from "@/api/client";
import { localProblem, problemFrom, ProblemError } from "@/api/problem";
import type { Trial } from "@/api/types";
import { createSseParser } from "./sseParser";
import { createTrialReader, type TrialSink } from "./trialReader";

/** A hosted reasoning model may think for five minutes before it says anything. ms */
const silence = 330_000;
/** No answer of the playground is worth waiting for longer. ms */
const patience = 900_000;

export interface TrialListener extends TrialSink {
  /** The id that log, errors and support know the call by. */
  onRequestId(id: string): void;
}

export type StreamTrial = (trial: Trial, listener: TrialListener, signal: AbortSignal) => Promise<void>;

/**
 * Streams one answer. Rejects with a ProblemError for everything that went
 * wrong, a stream without its end included, and with the signal's reason when
 * that was aborted; then the host ends the call at the provider, too.
 */
export const streamTrial: StreamTrial = async (trial, listener, signal) => {
  const limit = new AbortController();
  const late = () => limit.abort(new ProblemError(localProblem("timeout")));
  const cancel = () => limit.abort(signal.reason);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const end = window.setTimeout(late, patience);
  let quiet = window.setTimeout(late, silence);
  try {
    const response = await open(trial, limit.signal);
    const requestId = response.headers.get("X-Request-Id") ?? "";
    if (requestId) listener.onRequestId(requestId);
    if (!response.ok || !response.body) {
      throw new ProblemError({ ...(requestId ? { id: requestId } : {}), ...problemFrom(await response.json().catch(() => undefined), response.status) });
    }
    const reading = createTrialReader(listener);
    const parser = createSseParser(reading.data);
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      window.clearTimeout(quiet);
      quiet = window.setTimeout(late, silence);
      parser.push(decoder.decode(value, { stream: true }));
    }
    reading.end();
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(localProblem("network"), error);
  } finally {
    window.clearTimeout(end);
    window.clearTimeout(quiet);
    signal.removeEventListener("abort", cancel);
  }
};

async function open(trial: Trial, signal: AbortSignal): Promise<Response> {
  const ask = () =>
    fetch(apiUrl("/api/playground"), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", ...currentAuth().headers() },
      credentials: "same-origin",
      cache: "no-store",
      signal,
      body: JSON.stringify(trial),
    });
  const first = await ask();
  return first.status === 401 && (await currentAuth().renew()) ? ask() : first;
}
