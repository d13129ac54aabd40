import { Link } from "@tanstack/react-router";
import type { CostReport, CostRow } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { FamilyBadge, familyOf, type Column } from "@/ui";
import { dayTime } from "./range";

/** One line of the report: who or what, and its numbers; the total row is the host's. */
export function useCostColumns(report: CostReport): Column<CostRow>[] {
  const t = useT();
  const format = useFormat();
  const mayRead = useCan("logs.read");
  const { by, total } = report;
  const name = (row: CostRow) => (by === "day" ? dayText(row.id) : row.label || t("cost.unknown"));
  const dayText = (day: string | undefined) => (Number.isNaN(dayTime(day ?? "")) ? (day ?? "") : `${format.day(dayTime(day ?? ""))}, ${format.weekday(dayTime(day ?? ""))}`);
  const calls = (row: CostRow) => search(report, row);
  return [
    {
      id: "name", header: t(`cost.of.${by}`), width: 180, grow: 3, fixed: true, value: (row) => (by === "day" ? row.id : row.label), total: t("cost.total"),
      cell: (row) => {
        const text = (
          <>
            {by === "model" && row.id && <FamilyBadge family={familyOf(row.label)} />}
            <bdi className={`truncate ${row.label || by === "day" ? "font-medium" : "text-muted"}`}>{name(row)}</bdi>
          </>
        );
        const to = mayRead && calls(row);
        return to ? (
          <Link to={"/logs" as never} search={to as never} aria-label={t("cost.openCalls", { name: name(row) })} className="flex min-w-0 items-center gap-2 rounded-sm hover:underline">
            {text}
          </Link>
        ) : (
          <span className="flex min-w-0 items-center gap-2">{text}</span>
        );
      },
    },
    {
      id: "share", header: t("cost.share"), width: 120, grow: 1, from: 860, value: (row) => share(row, total), total: "",
      cell: (row) => (
        <span className="flex items-center gap-3">
          <span className="h-1.5 min-w-8 flex-1 overflow-hidden rounded-full bg-text/6" aria-hidden>
            <span className="block h-full rounded-full bg-accent" style={{ width: `${share(row, total) * 100}%` }} />
          </span>
          <span className="num w-14 text-end text-muted">{format.percent(share(row, total))}</span>
        </span>
      ),
    },
    { id: "calls", header: t("cost.calls"), align: "end", width: 92, value: (row) => row.calls, total: format.integer(total.calls), cell: (row) => format.integer(row.calls) },
    { id: "failed", header: t("cost.failedCalls"), align: "end", width: 92, from: 980, value: (row) => row.failed, total: format.integer(total.failed), cell: (row) => format.integer(row.failed) },
    { id: "input", header: t("cost.input"), unit: t("logs.tokens"), align: "end", width: 120, from: 720, value: (row) => row.input_tokens, total: format.integer(total.input_tokens), cell: (row) => format.integer(row.input_tokens) },
    { id: "cached", header: t("cost.cached"), unit: t("logs.tokens"), align: "end", width: 120, hidden: true, value: (row) => row.cached_tokens, total: format.integer(total.cached_tokens), cell: (row) => format.integer(row.cached_tokens) },
    { id: "output", header: t("cost.output"), unit: t("logs.tokens"), align: "end", width: 120, from: 600, value: (row) => row.output_tokens, total: format.integer(total.output_tokens), cell: (row) => format.integer(row.output_tokens) },
    {
      id: "cost", header: t("cost.cost"), align: "end", width: 110, fixed: true, value: (row) => row.cost_nano_usd / 1e9, total: format.money(total.cost_nano_usd),
      cell: (row) => <span title={row.unpriced > 0 ? t("cost.unpricedRow", { count: row.unpriced }) : undefined}>{row.unpriced > 0 && <span className="text-warn">≥ </span>}{format.money(row.cost_nano_usd)}</span>,
    },
  ];
}

const share = (row: CostRow, total: CostRow) => (total.cost_nano_usd > 0 ? Math.min(1, row.cost_nano_usd / total.cost_nano_usd) : 0);

/** Where the calls of a row are in the log; undefined when the log cannot be asked that. */
function search(report: CostReport, row: CostRow): Record<string, string> | undefined {
  const window = { from: report.from, to: report.to };
  if (!row.id) return undefined;
  if (report.by === "model" || report.by === "user" || report.by === "key") return { ...window, [report.by]: row.id };
  return undefined;
}
