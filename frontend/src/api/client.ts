// The generated client on the transport both hosts need. Paths, bodies and
// answers are typed by schema.ts, which `npm run gen` makes from openapi.json.
import createClient from "openapi-fetch";
import { bearerAuth, type Auth } from "./auth";
import { localProblem, problemFrom, ProblemError } from "./problem";
import type { paths } from "./schema";

let auth: Auth = bearerAuth("");
// Not location.origin: for the window's own scheme that may be "null".
const origin = new URL("/", window.location.href).href.slice(0, -1);
/** A 401 of these is an answer, not an expired session. */
const beforeSignIn = /\/api\/(auth\/(login|register|exchange|refresh)|local\/exchange)$/;
/** Longest wait for an answer; streams do not go through here. ms */
const patience = 35_000;

/** Called once by a shell before anything is rendered. */
export function configureApi(options: { auth: Auth }): void {
  auth = options.auth;
}

export function currentAuth(): Auth {
  return auth;
}

export function apiUrl(path: string): string {
  return origin + path;
}

// WebKitGTK's handler crashes on Blob bodies, and a Request's body may become
// one: the body goes out as the string it was. It can also be sent twice then.
export async function send(request: Request): Promise<Response> {
  const body = request.method === "GET" || request.method === "HEAD" ? undefined : await request.text();
  const attempt = () => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException("no answer in time", "TimeoutError")), patience);
    request.signal.addEventListener("abort", () => limit.abort(request.signal.reason), { once: true });
    return fetch(request.url, {
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), ...auth.headers() },
      credentials: "same-origin",
      cache: "no-store",
      signal: limit.signal,
      ...(body ? { body } : {}),
    }).finally(() => clearTimeout(timer));
  };
  const response = await attempt();
  if (response.status !== 401 || beforeSignIn.test(request.url)) return response;
  return (await auth.renew()) ? attempt() : response;
}

export const api = createClient<paths>({ baseUrl: origin, fetch: send });

interface Reply<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

/** Turns a reply into its data, and every failure into a ProblemError. */
export async function take<D>(reply: Promise<Reply<D>>): Promise<D> {
  let got: Reply<D>;
  try {
    got = await reply;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ProblemError(localProblem("network"), cause);
  }
  if (!got.response.ok) throw new ProblemError(problemFrom(got.error, got.response.status));
  return got.data as D;
}

/** Fetches what is not JSON as a data: URL: the only address of our own that a page may show as a picture. */
export async function takeDataUrl(path: string, signal: AbortSignal): Promise<string> {
  const response = await send(new Request(apiUrl(path), { signal })).catch((cause: unknown) => {
    throw new ProblemError(localProblem("network"), cause);
  });
  if (!response.ok) throw new ProblemError(problemFrom(await response.json().catch(() => undefined), response.status));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return `data:${response.headers.get("Content-Type") ?? "application/octet-stream"};base64,${btoa(parts.join(""))}`;
}
