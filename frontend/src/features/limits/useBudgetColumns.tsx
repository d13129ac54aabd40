import type { Budget } from "@/api";
import { useFormat, useT } from "@/i18n";
import type { Column } from "@/ui";
import { shareOf } from "./amount";
import { BudgetMeter } from "./BudgetMeter";
import { holderText } from "./holder";

export function useBudgetColumns(): Column<Budget>[] {
  const t = useT();
  const format = useFormat();
  return [
    {
      id: "holder", header: t("limits.holder"), width: 170, grow: 3, fixed: true, value: holderText,
      cell: (b) => (
        <span className="flex min-w-0 items-baseline gap-2">
          <bdi className="truncate font-medium">{holderText(b)}</bdi>
          {b.holder_id && <span className="shrink-0 text-xs text-muted">{t(`limits.kinds.${b.holder_kind}`, { defaultValue: b.holder_kind })}</span>}
        </span>
      ),
    },
    { id: "period", header: t("limits.period"), width: 92, from: 480, value: (b) => b.period, cell: (b) => t(`limits.periods.${b.period}`, { defaultValue: b.period }) },
    { id: "used", header: t("limits.used"), width: 150, grow: 2, value: (b) => Math.round(shareOf(b) * 1000) / 10, unit: "%", cell: (b) => <BudgetMeter budget={b} /> },
    { id: "left", header: t("limits.left"), align: "end", width: 104, value: (b) => b.left_nano_usd / 1e9, cell: (b) => <span className={b.left_nano_usd <= 0 ? "text-danger" : undefined}>{format.money(Math.max(0, b.left_nano_usd))}</span> },
    { id: "spent", header: t("limits.spent"), align: "end", width: 104, from: 700, value: (b) => b.spent_nano_usd / 1e9, cell: (b) => format.money(b.spent_nano_usd) },
    { id: "reserved", header: t("limits.reserved"), align: "end", width: 104, from: 860, value: (b) => b.reserved_nano_usd / 1e9, cell: (b) => format.money(b.reserved_nano_usd) },
    { id: "amount", header: t("limits.amount"), align: "end", width: 104, from: 620, value: (b) => b.amount_nano_usd / 1e9, cell: (b) => format.money(b.amount_nano_usd) },
    { id: "resets", header: t("limits.resets"), width: 130, from: 980, value: (b) => b.resets_at, cell: (b) => (b.resets_at ? <span className="num text-muted" title={format.full(b.resets_at)}>{format.day(b.resets_at)} {format.time(b.resets_at)}</span> : <span className="text-faint">{t("limits.never")}</span>) },
    { id: "unpriced", header: t("limits.unpriced"), width: 120, hidden: true, value: (b) => b.unpriced, cell: (b) => t(`limits.unpricedCalls.${b.unpriced}`, { defaultValue: b.unpriced }) },
    { id: "contact", header: t("limits.contact"), width: 140, grow: 1, hidden: true, value: (b) => b.contact, cell: (b) => b.contact || "–" },
  ];
}
