import { Plus } from "lucide-react";
import { useState } from "react";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, Page, Segmented } from "@/ui";
import { BudgetDialog } from "./BudgetDialog";
import { BudgetsView } from "./BudgetsView";
import { LimitDialog } from "./LimitDialog";
import { RatesView } from "./RatesView";
import { RefusedView } from "./RefusedView";

const views = ["budgets", "rates", "refused"] as const;

/** What may be spent and used, what is left of it, and who was refused. */
export function LimitsPage() {
  const t = useT();
  const may = useCan("limits.write");
  const [raw, setView] = useUrlState("view");
  const view = views.find((one) => one === raw) ?? "budgets";
  const [creating, setCreating] = useState<"budget" | "limit">();
  const create = (what: "budget" | "limit") =>
    may && (
      <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setCreating(what)}>
        {what === "budget" ? t("limits.createBudget") : t("limits.createLimit")}
      </Button>
    );
  return (
    <Page
      title={t("limits.title")}
      fill
      actions={
        <>
          <Segmented label={t("limits.view")} value={view} onChange={(next) => setView(next === "budgets" ? undefined : next)} options={views.map((value) => ({ value, label: t(`limits.${value}`) }))} />
          {view === "budgets" && create("budget")}
          {view === "rates" && create("limit")}
        </>
      }
    >
      {view === "budgets" && <BudgetsView create={create("budget")} />}
      {view === "rates" && <RatesView create={create("limit")} />}
      {view === "refused" && <RefusedView />}
      {creating === "budget" && <BudgetDialog onClose={() => setCreating(undefined)} />}
      {creating === "limit" && <LimitDialog onClose={() => setCreating(undefined)} />}
    </Page>
  );
}
