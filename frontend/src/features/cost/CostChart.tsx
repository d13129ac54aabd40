import { ZoomOut } from "lucide-react";
import { useMemo } from "react";
import type { CostReport } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, Chart, type Series } from "@/ui";
import { dayStart, dayTime } from "./range";

interface Props {
  report: CostReport;
  zoomed: boolean;
  onWindow: (window: { from: string; to: string } | undefined) => void;
}

/** A day without a call costs nothing; that is a bar of zero and no gap. */
export function CostChart({ report, zoomed, onWindow }: Props) {
  const t = useT();
  const format = useFormat();
  const days = useMemo(() => report.days.filter((day) => !Number.isNaN(dayTime(day.id ?? ""))), [report.days]);
  const times = useMemo(() => days.map((day) => dayTime(day.id ?? "") / 1000), [days]);
  const series = useMemo<Series[]>(() => [{ label: t("cost.cost"), values: days.map((day) => day.cost_nano_usd), color: "accent", fill: true, bars: true, format: format.money }], [days, t, format]);
  const zoom = (from: number, to: number) => {
    const inside = days.filter((_, index) => (times[index] ?? 0) >= from - 43_200 && (times[index] ?? 0) <= to);
    const first = inside[0]?.id;
    const last = inside.at(-1)?.id;
    if (!first || !last || inside.length === days.length) return;
    const noon = (day: string) => new Date(`${day}T12:00:00Z`);
    onWindow({ from: dayStart(noon(first), report.zone).toISOString(), to: dayStart(noon(last), report.zone, -1).toISOString() });
  };
  return (
    <div className="flex flex-col gap-2">
      {zoomed && (
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
          <span className="num text-muted">{t("cost.window", { from: format.full(report.from), to: format.full(report.to) })}</span>
          <Button size="sm" icon={<ZoomOut size={13} aria-hidden />} onClick={() => onWindow(undefined)}>
            {t("cost.wholeRange")}
          </Button>
        </div>
      )}
      <Chart title={t("cost.byDay")} times={times} series={series} height={176} timeText={(ms) => format.day(ms)} {...(days.length > 2 ? { onZoom: zoom } : {})} />
    </div>
  );
}
