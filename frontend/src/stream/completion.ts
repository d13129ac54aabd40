// One answer of a model over the server's own /v1, as any client gets it.
import { apiUrl, currentAuth } from "@/api/client";
import { localProblem, ProblemError } from "@/api/problem";
import { createCompletionReader, problemOfError, type CompletionUsage } from "./completionReader";
import { createSseParser } from "./sseParser";

/** A hosted reasoning model may think for five minutes before it says anything. ms */
const silence = 330_000;
/** No answer of the playground is worth waiting for longer. ms */
const patience = 900_000;

export interface CompletionRequest {
  model: string;
  messages: readonly { role: "system" | "user"; content: string }[];
  temperature?: number;
  max_tokens?: number;
}

export interface CompletionListener {
  /** The id that log, errors and support know the call by. */
  onRequestId(id: string): void;
  onText(delta: string): void;
  onReasoning(delta: string): void;
}

export interface CompletionEnd {
  finish: string;
  usage?: CompletionUsage;
}

export type StreamCompletion = (request: CompletionRequest, listener: CompletionListener, signal: AbortSignal) => Promise<CompletionEnd>;

/**
 * Streams one answer. Rejects with a ProblemError for everything that went
 * wrong, a stream without its end included, and with the signal's reason when
 * that was aborted.
 */
export const streamCompletion: StreamCompletion = async (request, listener, signal) => {
  const limit = new AbortController();
  const late = () => limit.abort(new ProblemError(localProblem("timeout")));
  const cancel = () => limit.abort(signal.reason);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const end = window.setTimeout(late, patience);
  let quiet = window.setTimeout(late, silence);
  try {
    const response = await open(request, limit.signal);
    const requestId = response.headers.get("X-Request-Id") ?? "";
    if (requestId) listener.onRequestId(requestId);
    if (!response.ok || !response.body) throw new ProblemError(problemOfError(await response.json().catch(() => undefined), response.status, requestId));
    const reading = createCompletionReader(listener);
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
    return reading.end(requestId);
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

async function open(request: CompletionRequest, signal: AbortSignal): Promise<Response> {
  const ask = () =>
    fetch(apiUrl("/v1/chat/completions"), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream", ...currentAuth().headers() },
      credentials: "same-origin",
      cache: "no-store",
      signal,
      body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
    });
  const first = await ask();
  return first.status === 401 && (await currentAuth().renew()) ? ask() : first;
}

export type { CompletionUsage };
