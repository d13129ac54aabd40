import type { Token } from "./highlight";

type Answer = { id: number; tokens: Token[] | undefined };

/** Longer code stays plain: nobody reads its colours. Characters. */
const longest = 60_000;
const remembered = 200;

const cache = new Map<string, Token[]>();
const waiting = new Map<number, (tokens: Token[] | undefined) => void>();
let worker: Worker | "none" | undefined;
let nextId = 0;

function start(): Worker | "none" {
  try {
    const made = new Worker(new URL("./highlight.worker.ts", import.meta.url), { type: "module" });
    made.onmessage = (event: MessageEvent<Answer>) => {
      waiting.get(event.data.id)?.(event.data.tokens);
      waiting.delete(event.data.id);
    };
    made.onerror = () => {
      // A web view without workers for its scheme: colour here instead.
      worker = "none";
      for (const [id, done] of waiting) {
        waiting.delete(id);
        done(undefined);
      }
    };
    return made;
  } catch {
    return "none";
  }
}

const key = (code: string, language: string) => `${language}\n${code}`;

export function knownTokens(code: string, language: string): Token[] | undefined {
  return cache.get(key(code, language));
}

/** Coloured pieces of complete code; undefined when there are none to give. */
export async function tokensOf(code: string, language: string): Promise<Token[] | undefined> {
  if (!language || code.length > longest) return undefined;
  const known = knownTokens(code, language);
  if (known) return known;
  worker ??= start();
  const tokens = worker === "none" ? await here(code, language) : await there(worker, code, language);
  if (!tokens) return undefined;
  if (cache.size >= remembered) cache.delete(cache.keys().next().value ?? "");
  cache.set(key(code, language), tokens);
  return tokens;
}

function there(to: Worker, code: string, language: string): Promise<Token[] | undefined> {
  return new Promise((resolve) => {
    const id = nextId++;
    waiting.set(id, resolve);
    to.postMessage({ id, code, language });
  });
}

async function here(code: string, language: string): Promise<Token[] | undefined> {
  const { highlight } = await import("./highlight");
  return highlight(code, language);
}
