import { useFormat, useT } from "@/i18n";
import type { ChartData } from "./chartData";

export function ChartTable({ times, series, timeText, label }: ChartData & { label: string }) {
  const t = useT();
  const format = useFormat();
  return (
    // The region scrolls, so the keyboard has to reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="h-full overflow-auto" tabIndex={0} role="region" aria-label={label}>
      <table className="num w-full text-xs">
        <thead className="sticky top-0 bg-bg text-muted">
          <tr>
            <th scope="col" className="py-1 text-start font-medium">{t("ui.time")}</th>
            {series.map((s) => (
              <th key={s.label} scope="col" className="py-1 text-end font-medium">{s.label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((at, index) => (
            <tr key={at} className="border-t border-line">
              <td className="py-1">{(timeText ?? format.full)(at * 1000)}</td>
              {series.map((s) => {
                const value = s.values[index];
                return (
                  <td key={s.label} className="py-1 text-end">{value === null || value === undefined ? "–" : s.format(value)}</td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
