import type { Budget, Team } from "@/api";
import { useCan } from "@/app/me";
import { BudgetMeter, shareOf } from "@/features/limits";
import { useFormat, useT } from "@/i18n";
import type { Column } from "@/ui";

export interface TeamRow {
  team: Team;
  /** The one of its budgets that it is nearest to using up. */
  budget: Budget | undefined;
}

export const rowOf = (team: Team): TeamRow => ({ team, budget: [...team.budgets].sort((a, b) => shareOf(b) - shareOf(a))[0] });

export function useTeamColumns(): Column<TeamRow>[] {
  const t = useT();
  const format = useFormat();
  const columns: Column<TeamRow>[] = [
    {
      id: "name", header: t("users.team"), width: 112, grow: 3, fixed: true, value: ({ team }) => team.name,
      cell: ({ team }) => (
        <span className="flex min-w-0 items-baseline gap-2">
          <bdi className="truncate font-medium" title={team.name}>{team.name}</bdi>
          {team.source === "file" && <span className="shrink-0 text-xs text-muted">{t("limits.sources.file")}</span>}
        </span>
      ),
    },
    { id: "members", header: t("users.members"), align: "end", width: 84, value: ({ team }) => team.members, cell: ({ team }) => <span className={team.members === 0 ? "text-muted" : undefined}>{format.integer(team.members)}</span> },
    { id: "made", header: t("users.made"), width: 110, hidden: true, value: ({ team }) => team.created_at, cell: ({ team }) => <span title={format.full(team.created_at)}>{format.day(team.created_at)}</span> },
  ];
  if (!useCan("limits.read")) return columns;
  return [
    ...columns,
    { id: "budget", header: t("users.budget"), width: 150, grow: 2, unit: "%", value: ({ budget }) => budget && Math.round(shareOf(budget) * 1000) / 10, cell: ({ budget }) => (budget ? <BudgetMeter budget={budget} /> : <span className="text-muted">{t("users.noBudget")}</span>) },
    { id: "left", header: t("limits.left"), align: "end", width: 104, from: 560, value: ({ budget }) => budget && budget.left_nano_usd / 1e9, cell: ({ budget }) => budget && format.money(Math.max(0, budget.left_nano_usd)) },
    { id: "period", header: t("limits.period"), width: 96, from: 700, value: ({ budget }) => budget?.period, cell: ({ budget }) => budget && t(`limits.periods.${budget.period}`, { defaultValue: budget.period }) },
  ];
}
