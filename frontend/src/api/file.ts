import { apiUrl, send } from "./client";
import { localProblem, problemFrom, ProblemError } from "./problem";

/** A file that does not grow for this long is given up. ms */
const silence = 60_000;

export interface Progress {
  bytes: number;
  /** Line ends so far: rows, where no cell has a line break. */
  lines: number;
}

export interface TakeFileOptions {
  signal: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * Fetches a file that the host writes as it goes. A file that was cut is a
 * ProblemError and never half a file; aborting rejects with the signal's reason.
 */
export async function takeFile(path: string, { signal, onProgress }: TakeFileOptions): Promise<Uint8Array[]> {
  const limit = new AbortController();
  const cancel = () => limit.abort(signal.reason);
  const late = () => limit.abort(new ProblemError(localProblem("timeout")));
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  let quiet = setTimeout(late, silence);
  try {
    const response = await send(new Request(apiUrl(path), { signal: limit.signal }));
    if (!response.ok || !response.body) throw new ProblemError(problemFrom(await response.json().catch(() => undefined), response.status));
    const reader = response.body.getReader();
    const parts: Uint8Array[] = [];
    const progress: Progress = { bytes: 0, lines: 0 };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return parts;
      clearTimeout(quiet);
      quiet = setTimeout(late, silence);
      parts.push(value);
      progress.bytes += value.length;
      progress.lines += lineEnds(value);
      onProgress?.({ ...progress });
    }
  } catch (error) {
    if (limit.signal.aborted) throw limit.signal.reason;
    if (error instanceof ProblemError) throw error;
    throw new ProblemError(localProblem("network"), error);
  } finally {
    clearTimeout(quiet);
    signal.removeEventListener("abort", cancel);
  }
}

function lineEnds(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (byte === 10) count++;
  return count;
}
