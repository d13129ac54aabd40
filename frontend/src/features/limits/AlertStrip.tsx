import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { alertsQuery, type BudgetAlert } from "@/api";
import { useNow } from "@/app/useNow";
import { useFormat, useT } from "@/i18n";

const shown = 3;

/** Budgets that passed a mark in this period, the newest first. */
export function AlertStrip() {
  const t = useT();
  const format = useFormat();
  const now = useNow(60_000);
  const alerts = useQuery(alertsQuery()).data ?? [];
  if (alerts.length === 0) return null;
  return (
    <section aria-label={t("limits.alerts")} className="border-b border-line bg-warn/6 px-5 py-2">
      <ul className="flex flex-col gap-1 text-sm">
        {alerts.slice(0, shown).map((alert) => (
          <li key={alert.id} className="flex items-start gap-2">
            <TriangleAlert size={14} className={`mt-[3px] shrink-0 ${urgent(alert) ? "text-danger" : "text-warn"}`} aria-hidden />
            <span className="min-w-0 flex-1 wrap-anywhere">
              {alert.kind === "lease_lost" ? t("limits.leaseLost", { holder: alert.holder }) : t("limits.passed", { holder: alert.holder, percent: format.percent((alert.percent ?? 0) / 100) })}{" "}
              {alert.detail && <span className="text-muted">{alert.detail}</span>}
            </span>
            <time dateTime={alert.at} title={format.full(alert.at)} className="num shrink-0 text-xs text-muted">{format.ago(alert.at, now)}</time>
          </li>
        ))}
        {alerts.length > shown && <li className="ps-5.5 text-xs text-muted">{t("limits.moreAlerts", { count: alerts.length - shown })}</li>}
      </ul>
    </section>
  );
}

const urgent = (alert: BudgetAlert) => alert.kind === "lease_lost" || (alert.percent ?? 0) >= 100;
