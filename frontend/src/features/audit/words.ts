import type { AuditEntry } from "@/api";
import { translate, translateWire, type Format } from "@/i18n";

/** What the trail can be narrowed to: the first word of the codes. */
export const nouns = [
  "user", "team", "key", "budget", "limit", "provider", "provider_key", "deployment", "alias", "routing", "price", "ledger", "tenant", "session", "link", "signin", "password", "contents",
] as const;
export type Noun = (typeof nouns)[number];

/** An action in words; the code of a newer server as it is. */
export const actionText = (code: string): string => translateWire(`audit.actions.${code}`) ?? code;

export function actorText(actor: string): string {
  if (actor === "operator") return translate("audit.operator");
  if (actor === "system") return translate("audit.system");
  return actor;
}

/** What was done to: a budget or a limit is named by whose it is, in the reader's language. */
export function targetText(entry: AuditEntry): string {
  const of = entry.facts?.["holder_name"] === undefined ? undefined : entry.facts;
  const what = translateWire(`limits.periods.${of?.["period"]}`) ?? translateWire(`limits.measures.${of?.["measure"]}`);
  const kind = translateWire(`limits.kinds.${of?.["holder"]}`);
  if (!of || !what || !kind) return entry.target;
  const whole = of["holder"] === "tenant" ? kind : (translateWire(`limits.each.${of["holder"]}`) ?? kind);
  return `${of["holder_id"] ? [kind, of["holder_name"]].filter(Boolean).join(" ") : whole} · ${what}`;
}

export interface Fact {
  name: string;
  value: string;
}

const titles = ["holder", "holder_name", "period", "measure"];

/** What changed, named and in the order of the entry; ids, which say nothing, are left out, and so is what the target says. */
export function factsOf(entry: AuditEntry, format: Format): Fact[] {
  const titled = entry.facts?.["holder_name"] === undefined ? [] : titles;
  return Object.entries(entry.facts ?? {})
    .filter(([name, value]) => value !== "" && !name.endsWith("_id") && !titled.includes(name))
    .map(([name, value]) => ({ name: translateWire(`audit.fact.${name}`) ?? name, value: valueText(name, value, format) }));
}

function valueText(name: string, value: string, format: Format): string {
  if (/_at$/.test(name) && !Number.isNaN(Date.parse(value))) return format.full(value);
  if (name === "holder") return translateWire(`limits.kinds.${value}`) ?? value;
  if (name === "period") return translateWire(`limits.periods.${value}`) ?? value;
  if (name === "role" || name === "from" || name === "to") return translateWire(`console.role.${value}`) ?? value;
  return value;
}
