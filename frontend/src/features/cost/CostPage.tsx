import { ReceiptText, TriangleAlert } from "lucide-react";
import { problemOf, type CostReport } from "@/api";
import { useT } from "@/i18n";
import { Bar, EmptyState, Page, Segmented, Select, Skeleton, Table, useMedia, View } from "@/ui";
import { CostChart } from "./CostChart";
import { CostFigures } from "./CostFigures";
import { groups, ranges } from "./range";
import { useCostColumns } from "./useCostColumns";
import { useCostView } from "./useCostView";

/** What the team's calls cost, by whom and by what. */
export function CostPage() {
  const t = useT();
  const view = useCostView();
  const phone = useMedia("(max-width: 559px)");
  return (
    <Page
      title={t("cost.title")}
      fill
      actions={
        phone ? (
          <Select aria-label={t("cost.range")} value={view.span} onChange={view.setSpan} className="!w-40" options={ranges.map((value) => ({ value, label: t(`cost.ranges.${value}`) }))} />
        ) : (
          <Segmented label={t("cost.range")} value={view.span} onChange={view.setSpan} options={ranges.map((value) => ({ value, label: t(`cost.ranges.${value}`) }))} />
        )
      }
    >
      <View query={view.costs} problem={view.costs.error ? problemOf(view.costs.error) : undefined} skeleton={<CostSkeleton />}>
        {(report) => (
          <div className="flex min-h-0 flex-1 flex-col max-md:overflow-y-auto">
            <div className="flex shrink-0 flex-col gap-5 px-5 pt-5 pb-4">
              <CostFigures report={report} />
              {report.total.unpriced > 0 && (
                <p className="flex items-start gap-2 rounded-md bg-warn/8 px-3 py-2 text-sm">
                  <TriangleAlert size={15} className="mt-0.5 shrink-0 text-warn" aria-hidden />
                  {t("cost.unpriced", { count: report.total.unpriced })}
                </p>
              )}
              {report.total.calls > 0 && <CostChart report={report} zoomed={view.zoomed} onWindow={view.setWindow} />}
            </div>
            <div className="flex min-h-80 flex-1 flex-col border-t border-line">
              <Rows report={report} by={view.by} onBy={view.setBy} />
            </div>
          </div>
        )}
      </View>
    </Page>
  );
}

function Rows({ report, by, onBy }: { report: CostReport; by: string; onBy: (by: string) => void }) {
  const t = useT();
  const columns = useCostColumns(report);
  return (
    <Table
      id={`cost-${report.by}`}
      key={report.by}
      label={t("cost.title")}
      columns={columns}
      rows={report.rows}
      rowKey={(row) => row.id || `?${row.label}`}
      toolbar={
        <Select aria-label={t("cost.groupBy")} value={by} onChange={onBy} className="!w-auto" options={groups.map((value) => ({ value: value as string, label: t(`cost.by.${value}`) }))} />
      }
      empty={<EmptyState icon={<ReceiptText size={20} aria-hidden />} title={t("cost.empty")}>{t("cost.emptyText")}</EmptyState>}
    />
  );
}

function CostSkeleton() {
  return (
    <Skeleton>
      <div className="flex flex-col gap-6 p-5">
        <Bar className="h-20" />
        <Bar className="h-44" />
        <Bar className="h-48" />
      </div>
    </Skeleton>
  );
}
