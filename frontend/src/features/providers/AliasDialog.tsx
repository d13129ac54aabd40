import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, aliasesQuery, chatKeys, deleteAlias, deploymentsQuery, faultAt, problemOf, routingQuery, saveAlias, type Alias } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, Checkbox, Dialog, ErrorState, Field, Input, Select, useToasts } from "@/ui";
import { AliasTargets } from "./AliasTargets";
import { CapFields } from "./CapFields";
import { barredRoles, capsOf, millisOf, secondsText, wordsOf, type Cap } from "./rules";

const none = "none";
/** Late enough that few calls need a second one. ms */
const usualHedge = 2000;
/** s */
const longestHedge = 600;

interface Wrong {
  name?: string;
  targets?: string;
  cap?: Cap;
  hedge?: string;
}

/** An alias: its fallbacks in order, where it goes when a request is too long, and what bounds it. */
export function AliasDialog({ alias, onClose }: { alias?: Alias; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  const regions = useRef<HTMLInputElement>(null);
  const delay = useRef<HTMLInputElement>(null);
  const caps: Record<Cap, typeof name> = { max_input_nano_usd: useRef(null), max_output_nano_usd: useRef(null) };
  const [targets, setTargets] = useState<string[]>(alias?.targets ?? []);
  const [larger, setLarger] = useState(alias?.larger ?? "");
  const [hedge, setHedge] = useState(Boolean(alias?.hedge_after_ms));
  const [wrong, setWrong] = useState<Wrong>({});
  const deployments = useQuery(deploymentsQuery());
  const aliases = useQuery(aliasesQuery());
  const policy = useQuery(routingQuery());
  const models = [...new Set([...(deployments.data ?? []).map((one) => one.model), ...(larger ? [larger] : [])])].sort(format.compare);
  const changed = () => {
    for (const queryKey of [adminKeys.providers, adminKeys.audit, chatKeys.models]) void client.invalidateQueries({ queryKey });
  };
  const failed = (error: unknown) => toasts.problem(problemOf(error));
  const done = (title: string, undo?: () => void) => {
    changed();
    toasts.show({ tone: "ok", title, ...(undo ? { undo } : {}) });
    onClose();
  };
  const save = useMutation({ mutationFn: (next: Alias) => saveAlias(next), onSuccess: (saved) => done(t("providers.savedToast", { name: saved.name })) });
  const remove = useMutation({
    mutationFn: (old: Alias) => deleteAlias(old.name),
    onSuccess: (_, old) => done(t("providers.removedToast", { name: old.name }), () => void saveAlias(old).then(changed, failed)),
    onError: failed,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = alias?.name ?? name.current?.value.trim() ?? "";
    const taken = !alias && aliases.data?.some((one) => one.name === typed);
    const cap = capsOf({ max_input_nano_usd: caps.max_input_nano_usd.current?.value ?? "", max_output_nano_usd: caps.max_output_nano_usd.current?.value ?? "" });
    const after = hedge ? millisOf(delay.current?.value ?? "", longestHedge) : 0;
    const found: Wrong = {
      ...(typed === "" ? { name: t("ui.required") } : taken ? { name: t("providers.aliasTaken") } : {}),
      ...(targets.length === 0 ? { targets: t("providers.targetNeeded") } : {}),
      ...(typeof cap === "string" ? { cap } : {}),
      ...(hedge && !(after > 0) ? { hedge: t("providers.secondsWrong", { most: longestHedge }) } : {}),
    };
    setWrong(found);
    if (found.name) return name.current?.focus();
    if (found.targets) return;
    if (typeof cap === "string") return caps[cap].current?.focus();
    if (found.hedge) return delay.current?.focus();
    // What a newer server knows of an alias is kept.
    const { source: _source, larger: _larger, max_input_nano_usd: _input, max_output_nano_usd: _output, hedge_after_ms: _hedge, ...kept } = alias ?? { name: typed, targets };
    save.mutate({ ...kept, name: typed, targets, regions: wordsOf(regions.current?.value ?? ""), ...cap, ...(larger ? { larger } : {}), ...(after > 0 ? { hedge_after_ms: after } : {}) });
  };
  const refused = faultAt(save.error, "body.targets");
  const barred = alias ? barredRoles(policy.data, alias.name) : [];
  return (
    <Dialog
      open
      firm
      width="lg"
      onOpenChange={onClose}
      title={alias ? t("providers.editTitle", { name: alias.name }) : t("providers.createAlias")}
      description={t("providers.aliasText")}
      footer={
        <>
          {alias && (
            <span className="me-auto">
              <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate(alias)}>{t("providers.removeAlias")}</Button>
            </span>
          )}
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>{t("providers.saveAlias")}</Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {!alias && (
          <Field label={t("providers.aliasName")} help={t("providers.aliasNameHelp")} error={wrong.name}>
            {(field) => <Input {...field} ref={name} size="lg" maxLength={200} autoFocus autoCapitalize="none" spellCheck={false} onChange={() => setWrong({})} />}
          </Field>
        )}
        <AliasTargets targets={targets} onChange={setTargets} deployments={deployments.data} wrong={wrong.targets ?? refused} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("providers.larger")} help={t("providers.largerHelp")}>
            {(field) => <Select {...field} size="lg" value={larger || none} onChange={(model) => setLarger(model === none ? "" : model)} options={[{ value: none, label: t("providers.noLarger") }, ...models.map((model) => ({ value: model, label: model }))]} />}
          </Field>
          <Field label={t("providers.regions")} optional={t("ui.optional")} help={t("providers.regionsHelp")}>
            {(field) => <Input {...field} ref={regions} size="lg" autoCapitalize="none" spellCheck={false} defaultValue={alias?.regions?.join(", ")} />}
          </Field>
          <CapFields fields={caps} caps={alias ?? {}} wrong={wrong.cap} onChange={() => setWrong({})} />
        </div>
        <Checkbox checked={hedge} onChange={setHedge} label={t("providers.hedge")} help={t("providers.hedgeHelp")} />
        {hedge && (
          <Field label={t("providers.hedgeAfter")} error={wrong.hedge} className="ps-6">
            {(field) => <Input {...field} ref={delay} className="!w-24" inputMode="decimal" defaultValue={secondsText(alias?.hedge_after_ms || usualHedge, format)} onChange={() => setWrong({})} />}
          </Field>
        )}
        {barred.length > 0 && <p className="text-xs text-muted first-letter:uppercase">{t("providers.notForRoles", { roles: format.list(barred.map((role) => t(`console.role.${role as "owner"}`, { defaultValue: role }))) })}</p>}
        {save.isError && refused === undefined && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}
