import type { Provider } from "@/api";

export type Kind = Exclude<Provider["kind"], "local">;

interface Defaults {
  /** The public address, where there is one for all; else an example. */
  url: string;
  /** The address is an example: it has to be written. */
  own?: true;
  /** Calls need a key. */
  key: boolean;
  /** It has an API version of its own. */
  version?: string;
}

/** What a kind of provider usually needs, by the vendors' public documentation (November 2026). */
export const kinds: Record<Kind, Defaults> = {
  compatible: { url: "https://api.example.com/v1", own: true, key: false },
  openai: { url: "https://api.openai.com/v1", key: true },
  anthropic: { url: "https://api.anthropic.com/v1", key: true },
  gemini: { url: "https://generativelanguage.googleapis.com/v1beta", key: true },
  deepseek: { url: "https://api.deepseek.com", key: true },
  mistral: { url: "https://api.mistral.ai/v1", key: true },
  meta: { url: "https://api.llama.com/compat/v1", key: true },
  azure: { url: "https://example.openai.azure.com", own: true, key: true, version: "2025-04-01-preview" },
  cohere: { url: "https://api.cohere.com/v2", key: true },
  jina: { url: "https://api.jina.ai/v1", key: true },
  vllm: { url: "http://10.0.4.2:8000/v1", own: true, key: false },
  llamacpp: { url: "http://10.0.4.2:8080/v1", own: true, key: false },
  ollama: { url: "http://10.0.4.2:11434/v1", own: true, key: false },
  whisper: { url: "http://10.0.4.2:8080/v1", own: true, key: false },
};

export const kindNames = Object.keys(kinds) as Kind[];

/** The address that a field of this kind begins with. */
export const startUrl = (kind: Kind): string => (kinds[kind].own ? "" : kinds[kind].url);
