import { localProblem, ProblemError, type Problem } from "@/api/problem";

export interface CompletionUsage {
  input: number;
  output: number;
  /** Part of input that the provider had in its prompt cache. */
  cached: number;
  /** Part of output that was spent on thinking. */
  reasoning: number;
}

interface Sink {
  onText(delta: string): void;
  onReasoning(delta: string): void;
}

type Fields = Record<string, unknown>;

/** Reads the events of a streamed chat completion; what it does not know it passes over. */
export function createCompletionReader(sink: Sink) {
  let finish = "";
  let ended = false;
  let usage: CompletionUsage | undefined;
  let problem: unknown;

  const choice = (first: Fields) => {
    const delta = fields(first["delta"]);
    const reasoning = text(delta["reasoning_content"]) || text(delta["reasoning"]);
    if (reasoning) sink.onReasoning(reasoning);
    const content = text(delta["content"]) || text(delta["refusal"]);
    if (content) sink.onText(content);
    finish = text(first["finish_reason"]) || finish;
  };

  return {
    data(line: string) {
      if (line.trim() === "[DONE]") {
        ended = true;
        return;
      }
      const chunk = parse(line);
      if (chunk["error"] !== undefined) problem ??= chunk;
      const choices = chunk["choices"];
      if (Array.isArray(choices) && choices.length > 0) choice(fields(choices[0]));
      usage = usageOf(chunk["usage"]) ?? usage;
    },
    /** What it came to. Throws a ProblemError unless it ended as it should: a cut is no end. */
    end(requestId: string): { finish: string; usage?: CompletionUsage } {
      if (problem !== undefined) throw new ProblemError(problemOfError(problem, 200, requestId));
      if (!ended || finish === "") throw new ProblemError({ ...localProblem("stream.cut"), ...(requestId ? { id: requestId } : {}) });
      return { finish, ...(usage ? { usage } : {}) };
    },
  };
}

function parse(line: string): Fields {
  try {
    return fields(JSON.parse(line));
  } catch {
    return {};
  }
}

const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0);

function usageOf(value: unknown): CompletionUsage | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const usage = fields(value);
  return {
    input: count(usage["prompt_tokens"]),
    output: count(usage["completion_tokens"]),
    cached: count(fields(usage["prompt_tokens_details"])["cached_tokens"]),
    reasoning: count(fields(usage["completion_tokens_details"])["reasoning_tokens"]),
  };
}

/** The codes of OpenAI's errors as ours, so that they are said in the reader's language. */
const codes: Record<string, string> = {
  context_length_exceeded: "model.context_too_long",
  insufficient_permissions: "auth.forbidden",
  insufficient_quota: "quota.spent",
  internal: "internal",
  invalid_api_key: "auth.required",
  model_not_found: "model.unknown",
  model_not_ready: "model.unready",
  rate_limit_exceeded: "rate.limited",
  request_lossy: "request.lossy",
  request_too_large: "request.too_large",
  timeout: "timeout",
  token_expired: "auth.token_expired",
  unavailable: "unavailable",
  unpriced_model: "quota.unpriced",
  upstream_failed: "upstream.failed",
  upstream_refused: "upstream.refused",
};

/** An error in the shape of OpenAI's API as a problem. */
export function problemOfError(body: unknown, status: number, requestId: string): Problem {
  const error = fields(fields(body)["error"]);
  const message = text(error["message"]);
  const id = requestId ? { id: requestId } : {};
  if (message === "" && error["code"] === undefined) return { ...localProblem("reply.invalid", status), ...id };
  const raw = text(error["code"]);
  const code = codes[raw] ?? (raw || (status === 400 ? "request.invalid" : "upstream.failed"));
  return { type: `urn:nexusai:${code}`, title: "", status, code, key: `fault.${code}`, detail: message, ...id };
}
