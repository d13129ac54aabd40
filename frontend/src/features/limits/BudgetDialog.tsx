import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, createBudget, faultAt, hasCode, patchBudget, problemOf, type Budget } from "@/api";
import { useMe } from "@/app/me";
import { translate, useFormat, useT } from "@/i18n";
import { Button, Checkbox, Dialog, ErrorState, Field, Input, Select, useToasts } from "@/ui";
import { moneyOf, moneyText } from "./amount";
import { conversationOf } from "./conversation";
import { HolderFields } from "./HolderFields";
import { every, holderId, holderText, type Holder } from "./holder";

interface Props {
  /** Absent to create one. */
  budget?: Budget | undefined;
  /** Whom a new one is for, to begin with. */
  start?: Holder;
  onClose: () => void;
}

const kinds = ["tenant", "team", "user", "key", "conversation"] as const;
const periods = ["day", "month", "total"] as const;

/** How much somebody may spend; holder and period stay once it is made. */
export function BudgetDialog({ budget, start = { kind: "tenant", id: "" }, onClose }: Props) {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const amount = useRef<HTMLInputElement>(null);
  const contact = useRef<HTMLInputElement>(null);
  const [holder, setHolder] = useState<Holder>(start);
  const [period, setPeriod] = useState<(typeof periods)[number]>("month");
  const [allow, setAllow] = useState(budget?.unpriced === "allow");
  const [wrong, setWrong] = useState<{ amount?: string; holder?: string }>({});
  const save = useMutation({
    mutationFn: (amountNano: number) => {
      const words = { amount_nano_usd: amountNano, contact: contact.current?.value.trim() ?? "", unpriced: allow ? ("allow" as const) : ("deny" as const) };
      if (budget) return patchBudget(budget.id, words);
      return createBudget({ ...words, holder_kind: holder.kind as Budget["holder_kind"], period, ...holderId(named(holder)) });
    },
    onSuccess: (saved) => {
      for (const queryKey of [adminKeys.limits, adminKeys.teams, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t("limits.budgetSaved", { holder: holderText(saved) }) });
      onClose();
    },
    onError: (error) => faultAt(error, "body.amount_nano_usd") !== undefined && amount.current?.focus(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const nano = moneyOf(amount.current?.value ?? "");
    const nobody = budget ? undefined : wrongHolder(holder);
    const found = { ...(Number.isNaN(nano) ? { amount: t("limits.amountWrong") } : {}), ...(nobody ? { holder: nobody } : {}) };
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
        {!budget && <HolderFields kinds={kinds} holder={holder} onChange={(next) => { setHolder(next); setWrong({}); save.reset(); }} first="" error={wrong.holder ?? (taken ? t("limits.budgetTaken") : hasCode(save.error, "not_found") ? t(isOne(holder) ? "limits.conversationUnknown" : "limits.holderUnknown") : undefined)} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("limits.amount")} help={t("limits.amountHelp")} error={wrong.amount}>
            {(field) => <Input {...field} ref={amount} size="lg" inputMode="decimal" leading="$" autoFocus autoComplete="off" defaultValue={budget ? moneyText(budget.amount_nano_usd, format) : ""} onChange={() => wrong.amount && setWrong({})} onBlur={(event) => event.target.value !== "" && Number.isNaN(moneyOf(event.target.value)) && setWrong({ ...wrong, amount: t("limits.amountWrong") })} />}
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

const isOne = (holder: Holder) => holder.kind === "conversation" && holder.id !== every;

/** A conversation that was named by its address, by its id. */
function named(holder: Holder): Holder {
  const meant = isOne(holder) ? conversationOf(holder.id) : undefined;
  return meant && "id" in meant ? { ...holder, id: meant.id } : holder;
}

/** Why it cannot be for this holder, if so. */
function wrongHolder(holder: Holder): string | undefined {
  if (holder.kind === "tenant") return undefined;
  if (holder.id.trim() === "") return translate("ui.required");
  const meant = isOne(holder) ? conversationOf(holder.id) : undefined;
  return meant && "wrong" in meant ? translate(`limits.conversationWrong.${meant.wrong}`) : undefined;
}
