import type { AuditEntry } from "@/api";
import { translate, translateWire, type Format } from "@/i18n";

/** What the trail can be narrowed to: the first word of the codes. */
export const nouns = ["user", "key", "provider", "session", "link", "signin", "password"] as const;
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

/** What changed, named and in the order of the entry. */
export function factsOf(entry: AuditEntry, format: Format): Fact[] {
  return Object.entries(entry.facts ?? {})
    .filter(([, value]) => value !== "")
    .map(([name, value]) => ({ name: translateWire(`audit.fact.${name}`) ?? name, value: valueText(name, value, format) }));
}

function valueText(name: string, value: string, format: Format): string {
  if (/_at$/.test(name) && !Number.isNaN(Date.parse(value))) return format.full(value);
  if (name === "role" || name === "from" || name === "to") return translateWire(`console.role.${value}`) ?? value;
  return value;
}
