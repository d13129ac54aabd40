import type { Conversation } from "@/api";

export type Heading = { kind: "pinned" } | { kind: "today" } | { kind: "yesterday" } | { kind: "lastWeek" } | { kind: "month"; at: string };
export type Row = { type: "heading"; key: string; heading: Heading } | { type: "conversation"; key: string; conversation: Conversation };

const day = 86_400_000;

/** Conversations under the day, week or month of their newest message; pinned ones first. */
export function groupByDay(conversations: readonly Conversation[], now: Date): Row[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const rows: Row[] = [];
  let last = "";
  const ordered = [...conversations].sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.last_at.localeCompare(a.last_at));
  for (const conversation of ordered) {
    const heading = headingOf(conversation, midnight);
    const key = heading.kind === "month" ? heading.at : heading.kind;
    if (key !== last) rows.push({ type: "heading", key, heading });
    last = key;
    rows.push({ type: "conversation", key: conversation.id, conversation });
  }
  return rows;
}

function headingOf(conversation: Conversation, midnight: number): Heading {
  if (conversation.pinned) return { kind: "pinned" };
  const at = Date.parse(conversation.last_at);
  if (at >= midnight) return { kind: "today" }; // a clock that runs ahead is today too
  if (at >= midnight - day) return { kind: "yesterday" };
  if (at >= midnight - 6 * day) return { kind: "lastWeek" };
  const date = new Date(at);
  return { kind: "month", at: `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-15` };
}
