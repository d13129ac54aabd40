import { useQuery } from "@tanstack/react-query";
import { Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { budgetsQuery, problemOf } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { EmptyState, Table, TableSkeleton, View } from "@/ui";
import { AlertStrip } from "./AlertStrip";
import { BudgetDrawer } from "./BudgetDrawer";
import { useBudgetColumns } from "./useBudgetColumns";

/** Reservations come and go with every call; the page looks again while it is open. ms */
const renew = 10_000;

export function BudgetsView({ create }: { create: ReactNode }) {
  const t = useT();
  const [openId, setOpenId] = useUrlState("open");
  const budgets = useQuery({ ...budgetsQuery(), refetchInterval: renew });
  const columns = useBudgetColumns();
  const open = budgets.data?.find((budget) => budget.id === openId);
  return (
    <>
      <View
        query={budgets}
        problem={budgets.error ? problemOf(budgets.error) : undefined}
        skeleton={<TableSkeleton rows={6} columns={5} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Wallet size={20} aria-hidden />} title={t("limits.noBudgets")} action={create}>{t("limits.noBudgetsText")}</EmptyState>}
      >
        {(all) => (
          <>
            <AlertStrip />
            <Table id="budgets" label={t("limits.budgets")} columns={columns} rows={all} rowKey={(budget) => budget.id} openKey={openId} onOpen={(budget) => setOpenId(budget.id)} />
          </>
        )}
      </View>
      {open && <BudgetDrawer budget={open} onClose={() => setOpenId(undefined)} />}
    </>
  );
}
