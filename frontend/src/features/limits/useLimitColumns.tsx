import type { Limit } from "@/api";
import { useFormat, useT } from "@/i18n";
import { spanOf, type Column } from "@/ui";
import { holderText } from "./holder";

export function useLimitColumns(): Column<Limit>[] {
  const t = useT();
  const format = useFormat();
  const window = (limit: Limit) => {
    if (limit.window_seconds === 0) return t("limits.atOnce");
    const { count, unit } = spanOf(limit.window_seconds);
    return t(`limits.per.${unit}`, { count });
  };
  return [
    {
      id: "holder", header: t("limits.holder"), width: 160, grow: 3, fixed: true, value: holderText,
      cell: (limit) => (
        <span className="flex min-w-0 items-baseline gap-2">
          <bdi className="truncate font-medium">{holderText(limit)}</bdi>
          {limit.holder_id && <span className="shrink-0 text-xs text-muted">{t(`limits.kinds.${limit.holder_kind}`, { defaultValue: limit.holder_kind })}</span>}
        </span>
      ),
    },
    { id: "measure", header: t("limits.measure"), width: 176, grow: 1, value: (limit) => limit.measure, cell: (limit) => t(`limits.measures.${limit.measure}`, { defaultValue: limit.measure }) },
    { id: "amount", header: t("limits.most"), align: "end", width: 104, value: (limit) => limit.amount, cell: (limit) => format.integer(limit.amount) },
    { id: "window", header: t("limits.window"), width: 116, value: (limit) => limit.window_seconds, cell: window },
    { id: "used", header: t("limits.usedNow"), align: "end", width: 104, from: 700, value: (limit) => limit.used, cell: (limit) => (limit.used === undefined ? "–" : <span className={limit.used >= limit.amount ? "font-medium text-danger" : undefined}>{format.integer(limit.used)}</span>) },
    { id: "failure", header: t("limits.onFailure"), width: 172, from: 900, value: (limit) => limit.on_failure, cell: (limit) => t(`limits.failure.${limit.on_failure}`, { defaultValue: limit.on_failure }) },
    { id: "sharing", header: t("limits.sharing"), width: 150, from: 1040, value: (limit) => limit.sharing, cell: (limit) => <span title={t(`limits.sharingHelp.${limit.sharing}`, { defaultValue: "" })}>{t(`limits.shared.${limit.sharing}`, { defaultValue: limit.sharing })}</span> },
    { id: "source", header: t("limits.source"), width: 100, hidden: true, value: (limit) => limit.source, cell: (limit) => t(`limits.sources.${limit.source}`, { defaultValue: limit.source }) },
  ];
}
