import { Table2, ChartLine } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useT } from "@/i18n";
import { IconButton } from "../IconButton";
import { Bar, Skeleton } from "../Skeleton";
import { ChartTable } from "./ChartTable";
import type { ChartData } from "./chartData";

// uPlot comes with the first chart, not with the page.
const Plot = lazy(() => import("./Plot"));

interface Props extends ChartData {
  title: string;
  /** The figure the chart explains, beside its title. */
  value?: string;
  height?: number;
  /** Seconds since 1970; called when a range was brushed. */
  onZoom?: (from: number, to: number) => void;
}

/** A time series; gaps are gaps, zero is where it should be, and the numbers can be read as a table. */
export function Chart({ title, value, height = 180, times, series, timeText, onZoom }: Props) {
  const t = useT();
  const [asTable, setAsTable] = useState(false);
  return (
    <figure className="flex min-w-0 flex-col">
      <figcaption className="flex h-8 items-center gap-3">
        <span className="text-sm font-medium">{title}</span>
        {value && <span className="num text-sm text-muted">{value}</span>}
        <span className="flex-1" />
        {series.length > 1 &&
          series.map((s) => (
            <span key={s.label} className="flex items-center gap-1.5 text-xs text-muted">
              <svg width="12" height="8" aria-hidden>
                <line x1="0" x2="12" y1="4" y2="4" stroke={`var(--color-${s.color})`} strokeWidth="2" strokeDasharray={s.dash?.join(" ")} />
              </svg>
              {s.label}
            </span>
          ))}
        <IconButton size="sm" label={asTable ? t("ui.viewAsChart") : t("ui.viewAsTable")} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? <ChartLine size={14} aria-hidden /> : <Table2 size={14} aria-hidden />}
        </IconButton>
      </figcaption>
      <div style={{ height }}>
        {asTable ? (
          <ChartTable times={times} series={series} label={title} {...(timeText ? { timeText } : {})} />
        ) : (
          <Suspense fallback={<Skeleton><Bar className="h-full" /></Skeleton>}>
            <Plot times={times} series={series} height={height} label={title} {...(timeText ? { timeText } : {})} {...(onZoom ? { onZoom } : {})} />
          </Suspense>
        )}
      </div>
    </figure>
  );
}
