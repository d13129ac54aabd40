import type { ProviderModel } from "@/api";
import type { Format } from "@/i18n";

/** One model of an endpoint as it is being chosen; prices as typed. */
export interface Choice {
  /** Its place in the list: one model may be offered under two ids. */
  key: string;
  upstream: string;
  chosen: boolean;
  id: string;
  kind: ProviderModel["kind"];
  input: string;
  output: string;
}

// Nano US dollars per 1,000 tokens are shown as dollars per million tokens.
const perMillion = 1e6;

/** What is offered now, and below it what the endpoint lists besides. */
export function choicesOf(offered: readonly ProviderModel[], listed: readonly string[], format: Format): Choice[] {
  const known = offered.map((m) => ({ key: `=${m.id}`, upstream: m.upstream, chosen: true, id: m.id, kind: m.kind, input: priceText(m.input_nano_usd, format), output: priceText(m.output_nano_usd, format) }));
  const others = [...new Set(listed)].filter((name) => !offered.some((m) => m.upstream === name));
  return [...known, ...others.map((name) => choiceOf(name))];
}

export function choiceOf(name: string, chosen = false, key = name): Choice {
  return { key, upstream: name, chosen, id: name, kind: kindOf(name), input: "", output: "" };
}

/** What a name suggests; it can be changed. */
export function kindOf(name: string): ProviderModel["kind"] {
  return /embed|(^|[-_/])(e5|bge|gte)([-_.]|$)/i.test(name) ? "embedding" : "chat";
}

const priceText = (nano: number | null | undefined, format: Format): string => (nano === null || nano === undefined ? "" : format.typed(nano / perMillion));

/** A price as typed, with a comma or a point; undefined when empty, NaN when it is none. */
export function priceOf(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return undefined;
  return /^\d+(\.\d+)?$/.test(trimmed) ? Math.round(Number(trimmed) * perMillion) : Number.NaN;
}

export type Wrong = { why: "id" | "price"; at: string } | { why: "twice"; at: string; id: string };

/** The first thing that is wrong with what was chosen. */
export function wrongWith(choices: readonly Choice[]): Wrong | undefined {
  const ids = new Set<string>();
  for (const choice of choices.filter((c) => c.chosen)) {
    const id = choice.id.trim();
    if (id === "") return { why: "id", at: choice.key };
    if (ids.has(id)) return { why: "twice", at: choice.key, id };
    ids.add(id);
    if ([choice.input, choice.output].some((text) => Number.isNaN(priceOf(text) ?? 0))) return { why: "price", at: choice.key };
  }
  return undefined;
}

export function modelsOf(choices: readonly Choice[]): ProviderModel[] {
  return choices
    .filter((choice) => choice.chosen)
    .map((choice) => {
      const input = priceOf(choice.input);
      const output = priceOf(choice.output);
      return { id: choice.id.trim(), upstream: choice.upstream, kind: choice.kind, ...(input === undefined ? {} : { input_nano_usd: input }), ...(output === undefined ? {} : { output_nano_usd: output }) };
    });
}
