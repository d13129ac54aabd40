import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { adminKeys, deleteBudget, problemOf, type Budget } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, ConfirmDialog, Drawer, useToasts } from "@/ui";
import { markOf } from "./amount";
import { BudgetDialog } from "./BudgetDialog";
import { BudgetMeter } from "./BudgetMeter";
import { holderText } from "./holder";

/** One budget: what is left of it, and what can be done. */
export function BudgetDrawer({ budget, onClose }: { budget: Budget; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const may = useCan("limits.write");
  const mayRead = useCan("logs.read");
  const toasts = useToasts();
  const client = useQueryClient();
  const [open, setOpen] = useState<"edit" | "remove">();
  const name = holderText(budget);
  const remove = useMutation({
    mutationFn: () => deleteBudget(budget.id),
    onSuccess: () => {
      for (const queryKey of [adminKeys.limits, adminKeys.teams, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("limits.budgetRemoved", { holder: name }) });
      onClose();
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const calls = mayRead && (budget.holder_kind === "user" || budget.holder_kind === "key") && budget.holder_id ? { [budget.holder_kind]: budget.holder_id } : undefined;
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={t("limits.budgetOf", { holder: name })}
      footer={
        may && (
          <>
            <Button tone="danger" onClick={() => setOpen("remove")}>{t("limits.remove")}</Button>
            <Button onClick={() => setOpen("edit")}>{t("limits.edit")}</Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-5">
        <div className="flex flex-col gap-2">
          <div className="num text-2xl font-semibold tracking-[-0.015em]">{format.money(Math.max(0, budget.left_nano_usd))} <span className="text-sm font-normal text-muted">{t("limits.leftOf", { amount: format.money(budget.amount_nano_usd) })}</span></div>
          <BudgetMeter budget={budget} large />
          {markOf(budget) === "spent" && <p className="text-sm text-danger">{budget.resets_at ? t("limits.refusedUntil", { time: format.full(budget.resets_at) }) : t("limits.refusedForGood")}</p>}
        </div>
        {budget.holder_kind !== "tenant" && !budget.holder_id && <p className="text-sm text-muted">{t("limits.eachHelp")}</p>}
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name={t("limits.spent")}>{format.money(budget.spent_nano_usd)}</Fact>
          <Fact name={t("limits.reserved")}>
            {format.money(budget.reserved_nano_usd)}
            <span className="block text-xs text-muted">{t("limits.reservedHelp")}</span>
          </Fact>
          <Fact name={t("limits.period")}>{t(`limits.periods.${budget.period}`, { defaultValue: budget.period })}</Fact>
          <Fact name={t("limits.resets")}>
            {budget.resets_at ? format.full(budget.resets_at) : t("limits.never")}
            {budget.resets_at && <span className="block text-xs text-muted">{t("limits.zoneHelp")}</span>}
          </Fact>
          <Fact name={t("limits.unpriced")}>{t(`limits.unpricedCalls.${budget.unpriced}`, { defaultValue: budget.unpriced })}</Fact>
          <Fact name={t("limits.contact")}>{budget.contact || "–"}</Fact>
          <Fact name={t("limits.alertsAt")}>{format.list([0.5, 0.8, 1].map(format.percent))}</Fact>
        </dl>
        {budget.source === "file" && <p className="text-xs text-muted">{t("limits.fromFile")}</p>}
        {calls && <Link to={"/logs" as never} search={calls as never} className="self-start rounded-sm text-sm font-medium text-accent-text hover:underline">{t("limits.itsCalls")}</Link>}
      </div>
      {open === "edit" && <BudgetDialog budget={budget} onClose={() => setOpen(undefined)} />}
      {open === "remove" && (
        <ConfirmDialog open onOpenChange={() => setOpen(undefined)} title={t("limits.removeBudget", { holder: name })} description={t("limits.removeBudgetText")} verb={t("limits.removeBudgetVerb")} busy={remove.isPending} onConfirm={() => remove.mutate()} />
      )}
    </Drawer>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-h-6 grid-cols-[120px_1fr] gap-3">
      <dt className="text-muted">{name}</dt>
      <dd className="num min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
