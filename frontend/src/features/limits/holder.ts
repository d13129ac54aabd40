import type { Budget, Limit } from "@/api";
import { translate } from "@/i18n";

/** Whom a budget or a limit is for, as it is being chosen. */
export interface Holder {
  kind: string;
  /** Empty: nobody yet; `every`: each of its kind by itself; of a conversation what was typed. */
  id: string;
}

export const every = "*";

/** What the host gets of it. */
export const holderId = ({ id }: Holder): { holder_id?: string } => (id.trim() === "" || id === every ? {} : { holder_id: id.trim() });

/** Whom a stored one is for, in words. */
export function holderText(of: Pick<Budget | Limit, "holder_kind" | "holder_id" | "holder">): string {
  if (of.holder_kind === "tenant") return translate("limits.wholeTenant");
  return of.holder_id ? of.holder : translate(`limits.each.${of.holder_kind}`, { defaultValue: of.holder });
}
