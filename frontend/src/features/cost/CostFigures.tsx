import type { ReactNode } from "react";
import type { CostReport } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Tooltip } from "@/ui";

/** The range in a few numbers; the forecast says that it is one, and what it rests on. */
export function CostFigures({ report }: { report: CostReport }) {
  const t = useT();
  const format = useFormat();
  const { total, forecast } = report;
  const amount = (n: number) => (n < 100_000 ? format.integer(n) : format.compact(n));
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line hairline sm:grid-cols-3 lg:grid-cols-5">
      <Figure name={t("cost.spent")} below={t("cost.zoneIs", { zone: report.zone })}>{format.money(total.cost_nano_usd)}</Figure>
      <Figure name={t("cost.calls")} below={total.failed > 0 ? t("cost.failed", { count: total.failed }) : undefined}>{amount(total.calls)}</Figure>
      <Figure name={t("cost.input")} below={total.cached_tokens > 0 ? t("cost.cachedOf", { n: amount(total.cached_tokens) }) : undefined}>{amount(total.input_tokens)}</Figure>
      <Figure name={t("cost.output")}>{amount(total.output_tokens)}</Figure>
      <Figure
        name={t("cost.forecast")}
        below={forecast ? t("cost.between", { low: format.money(forecast.low_nano_usd), high: format.money(forecast.high_nano_usd) }) : t("cost.noForecast")}
      >
        {forecast ? (
          <Tooltip content={t("cost.forecastHelp", { count: forecast.basis_days })}>
            <button type="button" className="rounded-sm underline decoration-dotted underline-offset-4">≈ {format.money(forecast.month_nano_usd)}</button>
          </Tooltip>
        ) : (
          "–"
        )}
      </Figure>
    </dl>
  );
}

function Figure({ name, below, children }: { name: string; below?: string | undefined; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col bg-bg px-3.5 py-3 max-sm:last:col-span-2">
      <dt className="truncate text-xs text-muted" title={name}>{name}</dt>
      <dd className="min-w-0">
        <span className="num block truncate text-xl font-semibold tracking-[-0.015em]">{children}</span>
        <span className="num block truncate text-xs text-faint" title={below}>{below ?? "\u00a0"}</span>
      </dd>
    </div>
  );
}
