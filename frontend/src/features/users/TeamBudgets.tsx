import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Team } from "@/api";
import { BudgetMeter } from "@/features/limits";
import { useFormat, useT } from "@/i18n";

/** How the budgets that bind a team stand. */
export function TeamBudgets({ team, act }: { team: Team; act: ReactNode }) {
  const t = useT();
  const format = useFormat();
  return (
    <section aria-label={t("limits.budgets")} className="flex flex-col gap-2">
      <div className="flex min-h-6 items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{t("limits.budgets")}</h3>
        {act}
      </div>
      {team.budgets.length === 0 && <p className="text-sm text-muted">{t("users.noBudgetText")}</p>}
      <ul className="flex flex-col">
        {team.budgets.map((budget) => (
          <li key={budget.id} className="border-t border-line first:border-0">
            <Link to={"/limits" as never} search={{ open: budget.id } as never} className="-mx-2 flex flex-col gap-1 rounded-md px-2 py-2 text-sm hover:bg-text/4">
              <span className="flex items-baseline justify-between gap-3">
                <span className="font-medium">
                  {t(`limits.periods.${budget.period}`, { defaultValue: budget.period })}
                  {!budget.holder_id && <span className="ms-2 text-xs font-normal text-muted">{t("limits.each.team")}</span>}
                </span>
                <span className="num">
                  {format.money(Math.max(0, budget.left_nano_usd))} <span className="text-muted">{t("limits.leftOf", { amount: format.money(budget.amount_nano_usd) })}</span>
                </span>
              </span>
              <BudgetMeter budget={budget} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
