import type { AuditEntry } from "@/api";
import { useFormat, useT } from "@/i18n";
import type { Column } from "@/ui";
import { actionText, actorText, factsOf, targetText } from "./words";

/** The trail has one order, its own. */
export function useAuditColumns(): Column<AuditEntry>[] {
  const t = useT();
  const format = useFormat();
  const facts = (entry: AuditEntry) => factsOf(entry, format).map((fact) => `${fact.name}: ${fact.value}`).join(" · ");
  const columns: Column<AuditEntry>[] = [
    { id: "seq", header: t("audit.seq"), align: "end", width: 72, from: 620, value: (entry) => entry.seq, cell: (entry) => <span className="text-faint">{format.integer(entry.seq)}</span> },
    { id: "at", header: t("audit.at"), width: 126, fixed: true, value: (entry) => entry.at, cell: (entry) => <span className="num text-muted" title={format.full(entry.at)}>{`${format.day(entry.at)} ${format.timeWithSeconds(entry.at)}`}</span> },
    { id: "action", header: t("audit.action"), width: 120, grow: 2, fixed: true, value: (entry) => entry.action, cell: (entry) => <span className="font-medium" title={entry.action}>{actionText(entry.action)}</span> },
    { id: "target", header: t("audit.target"), width: 110, grow: 2, value: targetText, cell: (entry) => <bdi>{targetText(entry)}</bdi> },
    { id: "actor", header: t("audit.actor"), width: 120, grow: 1, from: 560, value: (entry) => entry.actor, cell: (entry) => <bdi>{actorText(entry.actor)}</bdi> },
    { id: "facts", header: t("audit.facts"), width: 200, grow: 3, from: 860, value: facts, cell: (entry) => <span className="text-muted" title={facts(entry)}>{facts(entry)}</span> },
    { id: "hash", header: t("audit.hash"), width: 104, from: 1000, value: (entry) => entry.hash, cell: (entry) => <span className="font-mono text-xs text-faint" title={entry.hash}>{entry.hash.slice(0, 10)}</span> },
  ];
  return columns.map((column) => ({ ...column, sortable: false }));
}
