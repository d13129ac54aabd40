import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, problemOf, setContentPolicy, type ContentPolicy } from "@/api";
import { useCan } from "@/app/me";
import { translateWire, useFormat, useT } from "@/i18n";
import { Button, Checkbox, Dialog, ErrorState, Field, Input, useToasts } from "@/ui";
import { DeleteContents } from "./DeleteContents";

const daysOf = (text: string) => (/^\d{1,3}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 365 ? Number(text) : undefined);

/** The policy as it was when the dialog opened; what is typed stays when it is asked for again. */
export function ContentPolicyForm({ policy, onClose }: { policy: ContentPolicy; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const may = useCan("contents.write");
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const days = useRef<HTMLInputElement>(null);
  const [keep, setKeep] = useState(policy.keep);
  const [responses, setResponses] = useState(policy.responses);
  const [readers, setReaders] = useState(policy.readers);
  const [wrong, setWrong] = useState<{ days?: string; readers?: string }>({});
  const [deleting, setDeleting] = useState(false);
  const save = useMutation({
    mutationFn: (kept: number) => setContentPolicy({ keep, responses, days: kept, readers }),
    onSuccess: (saved) => {
      for (const queryKey of [adminKeys.contents, adminKeys.logs, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: t(saved.keep ? "logs.policy.savedOn" : saved.responses ? "logs.policy.savedResponses" : "logs.policy.savedOff") });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const kept = daysOf(days.current?.value ?? "");
    setWrong({ ...(kept === undefined ? { days: t("logs.policy.daysWrong") } : {}), ...(readers.length ? {} : { readers: t("logs.policy.readerNeeded") }) });
    if (kept === undefined) return days.current?.focus();
    if (readers.length) save.mutate(kept);
  };
  const stored = [
    ...(policy.calls > 0 && policy.oldest ? [t("logs.policy.stored", { count: policy.calls, size: format.bytes(policy.bytes), date: format.day(policy.oldest) })] : []),
    ...(policy.kept_responses > 0 ? [t("logs.policy.storedResponses", { count: policy.kept_responses })] : []),
  ];
  if (deleting) return <DeleteContents calls={policy.calls} responses={policy.kept_responses} onClose={onClose} />;
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={t("logs.policy.title")}
      description={t("logs.policy.text")}
      footer={
        may ? (
          <>
            <Button onClick={onClose}>{t("ui.cancel")}</Button>
            <Button type="submit" form={form} tone="primary" busy={save.isPending}>
              {t("logs.policy.save")}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>{t("ui.close")}</Button>
        )
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Checkbox checked={keep} onChange={setKeep} disabled={!may} label={t("logs.policy.keep")} help={t("logs.policy.keepHelp")} />
        <Checkbox checked={responses} onChange={setResponses} disabled={!may} label={t("logs.policy.responses")} help={t("logs.policy.responsesHelp")} />
        <Field label={t("logs.policy.days")} help={t("logs.policy.daysHelp")} error={wrong.days}>
          {(field) => <Input {...field} ref={days} size="lg" inputMode="numeric" autoComplete="off" maxLength={3} disabled={!may} defaultValue={String(policy.days)} onChange={() => wrong.days && setWrong(({ days: _, ...rest }) => rest)} onBlur={(event) => daysOf(event.target.value) === undefined && setWrong({ ...wrong, days: t("logs.policy.daysWrong") })} />}
        </Field>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1.5 text-sm font-medium">{t("logs.policy.readers")}</legend>
          {policy.roles.map((role) => (
            <Checkbox
              key={role}
              checked={readers.includes(role as "owner")}
              disabled={!may}
              onChange={(on) => {
                setReaders(on ? [...readers, role as "owner"] : readers.filter((one) => one !== role));
                setWrong(({ readers: _, ...rest }) => rest);
              }}
              label={translateWire(`console.role.${role}`) ?? role}
            />
          ))}
          {wrong.readers && <p role="alert" className="text-xs text-danger">{wrong.readers}</p>}
        </fieldset>
        <div className="flex flex-wrap items-center justify-between gap-2 border-t border-line pt-3">
          <p className="text-xs text-muted">{stored.length ? stored.join(" ") : t("logs.policy.storedNone")}</p>
          {may && stored.length > 0 && (
            <Button size="sm" tone="danger" icon={<Trash2 size={12} aria-hidden />} onClick={() => setDeleting(true)}>
              {t("logs.policy.delete")}
            </Button>
          )}
        </div>
        {!may && <p className="text-xs text-muted">{t("logs.policy.onlyOwner")}</p>}
        {save.isError && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}
