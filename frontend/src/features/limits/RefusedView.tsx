import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { problemOf, refusalsQuery, type Refusal } from "@/api";
import { translateWire, useFormat, useT } from "@/i18n";
import { useNow } from "@/app/useNow";
import { EmptyState, FamilyBadge, familyOf, Table, TableSkeleton, View, type Column } from "@/ui";

const renew = 15_000;

/** Who ran into a limit or a budget in the last 24 hours. */
export function RefusedView() {
  const t = useT();
  const refusals = useQuery({ ...refusalsQuery(), refetchInterval: renew });
  const columns = useColumns();
  return (
    <View
      query={refusals}
      problem={refusals.error ? problemOf(refusals.error) : undefined}
      skeleton={<TableSkeleton rows={6} columns={5} />}
      isEmpty={(all) => all.length === 0}
      empty={<EmptyState icon={<ShieldCheck size={20} aria-hidden />} title={t("limits.noRefusals")}>{t("limits.noRefusalsText")}</EmptyState>}
    >
      {(all) => <Table id="refusals" label={t("limits.refused")} columns={columns} rows={all} rowKey={(row) => [row.code, row.user, row.key, row.model].join("\n")} />}
    </View>
  );
}

function useColumns(): Column<Refusal>[] {
  const t = useT();
  const format = useFormat();
  const now = useNow(30_000);
  return [
    { id: "who", header: t("limits.who"), width: 160, grow: 2, fixed: true, value: (row) => row.key ?? row.user, cell: (row) => <bdi className="font-medium">{row.key ?? row.user ?? "–"}</bdi> },
    {
      id: "model", header: t("logs.model"), width: 150, grow: 2, value: (row) => row.model,
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <FamilyBadge family={familyOf(row.model)} />
          <bdi className="truncate">{row.model}</bdi>
        </span>
      ),
    },
    { id: "why", header: t("limits.why"), width: 200, grow: 3, from: 560, value: (row) => row.code, cell: (row) => <span title={translateWire(`fault.${row.code}`)}>{t(`limits.codes.${row.code.replace(".", "_") as "rate_limited"}`, { defaultValue: row.code })}</span> },
    { id: "calls", header: t("limits.refusedCalls"), align: "end", width: 104, value: (row) => row.calls, cell: (row) => format.integer(row.calls) },
    { id: "last", header: t("limits.lastAt"), align: "end", width: 120, value: (row) => row.last_at, cell: (row) => <span className="text-muted" title={format.full(row.last_at)}>{format.ago(row.last_at, now)}</span> },
  ];
}
