import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, createLimit, deleteLimit, hasCode, patchLimit, problemOf, type Limit } from "@/api";
import { useT } from "@/i18n";
import { Button, Dialog, ErrorState, Field, Input, Segmented, Select, spanOf, useToasts } from "@/ui";
import { wholeOf } from "./amount";
import { HolderFields } from "./HolderFields";
import { every, holderId, type Holder } from "./holder";

const kinds = ["tenant", "user", "key", "role", "model", "deployment"] as const;
const measures = ["requests", "input_tokens", "output_tokens", "concurrency"] as const;
/** The windows to choose from, in seconds. */
const windows = [1, 10, 60, 3600, 86_400] as const;
type Measure = (typeof measures)[number];

/** How much of something a holder may use in a window. */
export function LimitDialog({ limit, onClose }: { limit?: Limit | undefined; onClose: () => void }) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const amount = useRef<HTMLInputElement>(null);
  const [holder, setHolder] = useState<Holder>({ kind: "key", id: every });
  const [measure, setMeasure] = useState<Measure>(limit?.measure ?? "requests");
  const [window, setWindow] = useState(limit && limit.window_seconds > 0 ? limit.window_seconds : 60);
  const [failure, setFailure] = useState<Limit["on_failure"]>(limit?.on_failure ?? "closed");
  const [wrong, setWrong] = useState<string>();
  const windowed = measure !== "concurrency";
  const changed = () => {
    for (const queryKey of [adminKeys.limits, adminKeys.audit]) void client.invalidateQueries({ queryKey });
  };
  const failed = (error: unknown) => toasts.problem(problemOf(error));
  const done = (title: string, undo?: () => void) => {
    changed();
    toasts.show({ tone: "ok", title, ...(undo ? { undo } : {}) });
    onClose();
  };
  const save = useMutation({
    mutationFn: (most: number) =>
      limit
        ? patchLimit(limit.id, { amount: most, on_failure: failure, ...(windowed ? { window_seconds: window } : {}) })
        : createLimit({ holder_kind: holder.kind as Limit["holder_kind"], measure, amount: most, on_failure: failure, window_seconds: windowed ? window : 0, ...holderId(holder) }),
    onSuccess: () => done(t("limits.limitSaved")),
  });
  const remove = useMutation({
    mutationFn: (old: Limit) => deleteLimit(old.id),
    onSuccess: (_, { holder_kind, holder_id, measure, amount, on_failure, window_seconds }) =>
      done(t("limits.limitRemoved"), () => void createLimit({ holder_kind, measure, amount, on_failure, window_seconds, ...(holder_id ? { holder_id } : {}) }).then(changed, failed)),
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const most = wholeOf(amount.current?.value ?? "");
    setWrong(Number.isNaN(most) ? t("limits.mostWrong") : undefined);
    if (Number.isNaN(most)) return amount.current?.focus();
    save.mutate(most);
  };
  const choices = [...new Set([...windows, window])].sort((a, b) => a - b);
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={limit ? t("limits.editLimit") : t("limits.createLimit")}
      description={t("limits.limitText")}
      footer={
        <>
          {limit && (
            <span className="me-auto">
              <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate(limit)}>{t("limits.removeLimit")}</Button>
            </span>
          )}
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>
            {limit ? t("limits.saveLimit") : t("limits.createLimit")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {!limit && <HolderFields kinds={kinds} holder={holder} onChange={(next) => { setHolder(next); save.reset(); }} first={every} error={hasCode(save.error, "not_found") ? t("limits.holderUnknown") : hasCode(save.error, "conflict") ? t("limits.limitTaken") : undefined} />}
        <Field label={t("limits.measure")}>
          {(field) => <Select {...field} size="lg" value={measure} onChange={setMeasure} disabled={limit !== undefined} options={measures.map((value) => ({ value, label: t(`limits.measures.${value}`) }))} />}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("limits.most")} error={wrong}>
            {(field) => <Input {...field} ref={amount} size="lg" inputMode="numeric" autoComplete="off" autoFocus defaultValue={limit ? String(limit.amount) : ""} onChange={() => setWrong(undefined)} />}
          </Field>
          {windowed && (
            <Field label={t("limits.window")}>
              {(field) => <Select {...field} size="lg" value={String(window)} onChange={(next) => setWindow(Number(next))} options={choices.map((seconds) => ({ value: String(seconds), label: t(`limits.per.${spanOf(seconds).unit}`, { count: spanOf(seconds).count }) }))} />}
            </Field>
          )}
        </div>
        <div className="flex flex-col gap-1.5">
          <span className="text-sm font-medium">{t("limits.onFailure")}</span>
          <span><Segmented label={t("limits.onFailure")} value={failure} onChange={setFailure} options={[{ value: "closed", label: t("limits.failure.closed") }, { value: "open", label: t("limits.failure.open") }]} /></span>
          <span className="text-xs text-muted">{t(`limits.failureHelp.${failure}`)}</span>
        </div>
        {save.isError && !hasCode(save.error, "not_found", "conflict") && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}
