import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, createBudget, faultAt, hasCode, patchBudget, problemOf, type Budget } from "@/api";
import { useMe } from "@/app/me";
import { useT } from "@/i18n";
import { Button, Checkbox, Dialog, ErrorState, Field, Input, Select, useToasts } from "@/ui";
import { moneyOf, moneyText } from "./amount";
import { HolderFields, type Holder } from "./HolderFields";

interface Props {
  /** Absent to create one. */
  budget?: Budget | undefined;
  onClose: () => void;
}

const kinds = ["tenant", "user", "key", "team", "conversation"] as const;
const periods = ["day", "month", "total"] as const;

/** How much somebody may spend; holder and period stay once it is made. */
export function BudgetDialog({ budget, onClose }: Props) {
  const t = useT();
  const me = useMe();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const amount = useRef<HTMLInputElement>(null);
  const contact = useRef<HTMLInputElement>(null);
  const [holder, setHolder] = useState<Holder>({ kind: "tenant", id: "" });
  const [period, setPeriod] = useState<(typeof periods)[number]>("month");
  const [allow, setAllow] = useState(budget?.unpriced === "allow");
  const [wrong, setWrong] = useState<{ amount?: string; holder?: string }>({});
  const save = useMutation({
    mutationFn: (amountNano: number) => {
      const words = { amount_nano_usd: amountNano, contact: contact.current?.value.trim() ?? "", unpriced: allow ? ("allow" as const) : ("deny" as const) };
      if (budget) return patchBudget(budget.id, words);
      return createBudget({ ...words, holder_kind: holder.kind as Budget["holder_kind"], period, ...(holder.id ? { holder_id: holder.id.trim() } : {}) });
    },
    onSuccess: (saved) => {
      for (const queryKey of [adminKeys.limits, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("limits.budgetSaved", { holder: saved.holder_kind === "tenant" ? t("limits.wholeTeam") : saved.holder }) });
      onClose();
    },
    onError: (error) => faultAt(error, "body.amount_nano_usd") !== undefined && amount.current?.focus(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const nano = moneyOf(amount.current?.value ?? "");
    const found = { ...(Number.isNaN(nano) ? { amount: t("limits.amountWrong") } : {}), ...(!budget && holder.kind !== "tenant" && holder.id.trim() === "" ? { holder: t("ui.required") } : {}) };
    setWrong(found);
    if (found.amount) return amount.current?.focus();
    if (!found.holder) save.mutate(nano);
  };
  const taken = hasCode(save.error, "conflict") && !budget;
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={budget ? t("limits.editBudget") : t("limits.createBudget")}
      description={t("limits.budgetText")}
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>
            {budget ? t("limits.saveBudget") : t("limits.createBudget")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {!budget && <HolderFields kinds={kinds} holder={holder} onChange={(next) => { setHolder(next); setWrong({}); save.reset(); }} each={false} error={wrong.holder ?? (taken ? t("limits.budgetTaken") : hasCode(save.error, "not_found") ? t("limits.holderUnknown") : undefined)} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("limits.amount")} help={t("limits.amountHelp")} error={wrong.amount}>
            {(field) => <Input {...field} ref={amount} size="lg" inputMode="decimal" leading="$" autoFocus autoComplete="off" defaultValue={budget ? moneyText(budget.amount_nano_usd) : ""} onChange={() => wrong.amount && setWrong({})} onBlur={(event) => event.target.value !== "" && Number.isNaN(moneyOf(event.target.value)) && setWrong({ ...wrong, amount: t("limits.amountWrong") })} />}
          </Field>
          <Field label={t("limits.period")} help={t("limits.periodHelp")}>
            {(field) => <Select {...field} size="lg" value={budget?.period ?? period} onChange={(next) => setPeriod(next as (typeof periods)[number])} disabled={budget !== undefined} options={periods.map((value) => ({ value, label: t(`limits.periods.${value}`) }))} />}
          </Field>
        </div>
        <Field label={t("limits.contact")} optional={t("ui.optional")} help={t("limits.contactHelp")}>
          {(field) => <Input {...field} ref={contact} size="lg" maxLength={200} defaultValue={budget ? budget.contact : me.email} />}
        </Field>
        <Checkbox checked={allow} onChange={setAllow} label={t("limits.allowUnpriced")} help={t("limits.allowUnpricedHelp")} />
        {save.isError && !taken && !hasCode(save.error, "not_found") && <ErrorState inline problem={problemOf(save.error)} />}
        {taken && holder.kind === "tenant" && <p role="alert" className="text-xs text-danger">{t("limits.budgetTaken")}</p>}
      </form>
    </Dialog>
  );
}
