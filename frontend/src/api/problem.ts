import type { components } from "./schema";

export type Problem = components["schemas"]["Problem"];

/** Every failed request, whatever went wrong, is one of these. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.code, { cause });
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

const localDetails = {
  network: "No answer from NexusAI.",
  "reply.invalid": "NexusAI answered in a way that this page does not understand.",
  "stream.cut": "The answer was cut off before its end.",
  timeout: "It took too long to answer.",
} as const;

/** What a host that cannot be reached, or does not speak the contract, amounts to. */
export function localProblem(code: keyof typeof localDetails, status = 0): Problem {
  return { type: `urn:nexusai:${code}`, title: "", status, code, key: `fault.${code}`, detail: localDetails[code] };
}

/** Reads an error body; anything that is not a problem document becomes one. */
export function problemFrom(body: unknown, status: number): Problem {
  if (typeof body === "object" && body !== null && "code" in body && typeof body.code === "string") {
    return { ...localProblem("reply.invalid", status), ...(body as Problem) };
  }
  return localProblem("reply.invalid", status);
}

/** The Problem of anything thrown. */
export function problemOf(error: unknown): Problem {
  return error instanceof ProblemError ? error.problem : localProblem("reply.invalid");
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof ProblemError && codes.includes(error.code);
}

/** What the host said about one input ("body.email"), if that is what is wrong. */
export function faultAt(error: unknown, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined;
  return error.problem.errors?.find((e) => e.at === field || e.at.startsWith(`${field}.`) || e.at.startsWith(`${field}[`))?.message;
}
