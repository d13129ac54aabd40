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

export interface Fact {
  name: string;
  value: string;
}

/** What changed, named and in the order of the entry; ids, which say nothing, are left out. */
export function factsOf(entry: AuditEntry, format: Format): Fact[] {
  return Object.entries(entry.facts ?? {})
    .filter(([name, value]) => value !== "" && !name.endsWith("_id"))
    .map(([name, value]) => ({ name: translateWire(`audit.fact.${name}`) ?? name, value: valueText(name, value, format) }));
}

function valueText(name: string, value: string, format: Format): string {
  if (/_at$/.test(name) && !Number.isNaN(Date.parse(value))) return format.full(value);
  if (name === "holder") return translateWire(`limits.kinds.${value}`) ?? value;
  if (name === "period") return translateWire(`limits.periods.${value}`) ?? value;
  if (name === "role" || name === "from" || name === "to") return translateWire(`console.role.${value}`) ?? value;
  return value;
}
