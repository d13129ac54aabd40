import { useMemo } from "react";
import type { Dashboard } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Chart, type Series } from "@/ui";

interface Props {
  points: Dashboard["points"];
  onZoom: (from: number, to: number) => void;
}

/** Amounts are filled from zero; latency has gaps where nothing was answered. */
export function Charts({ points, onZoom }: Props) {
  const t = useT();
  const format = useFormat();
  const times = useMemo(() => points.map((p) => Date.parse(p.at) / 1000), [points]);
  const charts = useMemo(() => {
    const whole = (n: number) => (n < 10 && n % 1 !== 0 ? format.decimal(n) : n < 100_000 ? format.integer(n) : format.compact(n));
    const of = (label: string, pick: (p: Dashboard["points"][number]) => number | null, more: Omit<Series, "label" | "values">): Series => ({ label, values: points.map(pick), whole: true, ...more });
    return [
      {
        title: t("dashboard.chartCalls"),
        series: [
          of(t("dashboard.calls"), (p) => p.calls, { color: "accent", fill: true, format: whole }),
          of(t("dashboard.failed"), (p) => p.failed, { color: "danger", dash: [4, 3], format: whole }),
        ],
      },
      { title: t("dashboard.chartTokens"), series: [of(t("dashboard.output"), (p) => p.output_tokens, { color: "accent", fill: true, format: whole })] },
      { title: t("dashboard.chartCost"), series: [of(t("dashboard.cost"), (p) => p.cost_nano_usd, { color: "accent", fill: true, format: format.money })] },
      {
        title: t("dashboard.chartLatency"),
        series: [
          of(t("dashboard.whole"), (p) => p.p50_ms, { color: "accent", format: format.duration }),
          of(t("dashboard.toFirst"), (p) => p.first_token_p50_ms, { color: "info", dash: [4, 3], format: format.duration }),
        ],
      },
    ];
  }, [points, t, format]);
  return (
    <div className="grid gap-x-8 gap-y-6 md:grid-cols-2">
      {charts.map((chart) => (
        <Chart key={chart.title} title={chart.title} times={times} series={chart.series} height={168} onZoom={onZoom} />
      ))}
    </div>
  );
}
