import { currentFormat, translateWire } from "@/i18n";
import { spanOf } from "./timeSpan";

/** From here on an hour alone could be today's or tomorrow's. ms */
const halfDay = 12 * 3_600_000;

/** What a refusal tells of the budget or limit that it is about. */
export interface BoundLike {
  kind: string;
  holder: string;
  /** Of a team: somebody may be in several. */
  name?: string;
  /** Nano US dollars of a budget; how many of a limit's measure. */
  amount: number;
  period?: string;
  measure?: string;
  window_seconds?: number;
  left?: number;
  pending?: boolean;
  resets_at?: string;
  zone?: string;
  contact?: string;
}

/** Which budget or limit it was; undefined when it is of a kind that this build has no words for. */
export function boundMessage(bound: BoundLike): string | undefined {
  const whose = translateWire(`refusal.whose.${bound.name ? "named" : bound.holder}`, { name: bound.name });
  if (whose === undefined) return undefined;
  if (bound.kind === "budget") {
    const { money } = currentFormat();
    const state = bound.pending ? "pending" : bound.left ? "short" : "spent";
    return translateWire(`refusal.${state}.${bound.period ?? ""}`, { whose, amount: money(bound.amount), left: money(bound.left ?? 0) });
  }
  const span = spanOf(bound.window_seconds ?? 0);
  const window = translateWire(`refusal.window.${span.unit}`, { count: span.count });
  const what = translateWire(`refusal.what.${bound.measure ?? ""}`, { count: bound.amount, window });
  return what && translateWire("refusal.limit", { whose, what });
}

/** When to come back, and whom to ask. */
export function boundHint(bound: BoundLike): string {
  const ask = bound.contact ? translateWire("refusal.ask", { contact: bound.contact }) : translateWire("refusal.askAdmin");
  return [bound.left ? translateWire("refusal.shorter") : undefined, whenToReturn(bound), ask].filter(Boolean).join(" ");
}

function whenToReturn(bound: BoundLike): string | undefined {
  if (bound.pending) return translateWire("refusal.moment");
  if (bound.measure === "concurrency") return translateWire("refusal.freed");
  if (!bound.resets_at) return undefined;
  const format = currentFormat();
  // A budget's days are those of its team, wherever the reader is.
  if (bound.kind === "budget") return translateWire("refusal.resets", { at: format.moment(bound.resets_at, bound.zone) });
  const far = Date.parse(bound.resets_at) - Date.now() > halfDay;
  return translateWire("refusal.again", { at: far ? format.full(bound.resets_at) : format.timeWithSeconds(bound.resets_at) });
}
