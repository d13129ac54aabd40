import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { deleteTeam, problemOf, type Team } from "@/api";
import { useCan } from "@/app/me";
import { BudgetDialog } from "@/features/limits";
import { useFormat, useT } from "@/i18n";
import { Button, ConfirmDialog, Drawer, useToasts } from "@/ui";
import { TeamBudgets } from "./TeamBudgets";
import { TeamDialog } from "./TeamDialog";
import { TeamMembers } from "./TeamMembers";
import { useTeamsChanged } from "./useTeamsChanged";

/** One team: what it may spend, who is in it, and what can be done. */
export function TeamDrawer({ team, onClose }: { team: Team; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const may = useCan("users.write");
  const mayRead = useCan("limits.read");
  const mayBudget = useCan("limits.write");
  const changed = useTeamsChanged();
  const [open, setOpen] = useState<"rename" | "delete" | "budget">();
  const close = () => setOpen(undefined);
  const own = team.budgets.filter((budget) => budget.holder_id === team.id).length;
  const remove = useMutation({
    mutationFn: () => deleteTeam(team.id),
    onSuccess: async () => {
      onClose();
      toasts.show({ tone: "ok", title: t("users.teamDeleted", { name: team.name }) });
      await changed();
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={team.name}
      footer={
        may && (
          <>
            <Button tone="danger" onClick={() => setOpen("delete")}>{t("users.deleteTeam")}</Button>
            <Button onClick={() => setOpen("rename")}>{t("users.renameTeam")}</Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-6">
        {mayRead && <TeamBudgets team={team} act={mayBudget && <Button size="sm" onClick={() => setOpen("budget")}>{t("users.setBudget")}</Button>} />}
        <TeamMembers team={team} />
        <p className="text-xs text-muted">
          {t("users.madeOn", { date: format.day(team.created_at) })}
          {team.source === "file" && ` · ${t("limits.fromFile")}`}
        </p>
      </div>
      {open === "rename" && <TeamDialog team={team} onClose={close} onSaved={close} />}
      {open === "budget" && <BudgetDialog start={{ kind: "team", id: team.id }} onClose={close} />}
      {open === "delete" && (
        <ConfirmDialog
          open
          onOpenChange={close}
          title={t("users.deleteTeamTitle", { name: team.name })}
          description={[own > 0 ? t("users.deleteTeamBudgets", { count: own }) : t("users.deleteTeamNoBudgets"), t("users.deleteTeamText")].join(" ")}
          verb={t("users.deleteTeam")}
          {...(own > 0 ? { typeName: team.name } : {})}
          busy={remove.isPending}
          onConfirm={() => remove.mutate()}
        />
      )}
    </Drawer>
  );
}
