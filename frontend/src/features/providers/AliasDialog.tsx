import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, aliasesQuery, chatKeys, deleteAlias, deploymentsQuery, faultAt, problemOf, saveAlias, type Alias } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, Dialog, ErrorState, FamilyBadge, familyOf, Field, IconButton, Input, ReorderList, Select, useToasts } from "@/ui";

const none = "none";

/** An alias: its fallbacks in order, where it goes when a request is too long, and what it may cost. */
export function AliasDialog({ alias, onClose }: { alias?: Alias; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  const regions = useRef<HTMLInputElement>(null);
  const [targets, setTargets] = useState<string[]>(alias?.targets ?? []);
  const [larger, setLarger] = useState(alias?.larger ?? "");
  const [wrong, setWrong] = useState<{ name?: string; targets?: string }>({});
  const deployments = useQuery(deploymentsQuery());
  const aliases = useQuery(aliasesQuery());
  const models = [...new Set((deployments.data ?? []).map((one) => one.model))].sort(format.compare);
  const done = (title: string) => {
    for (const queryKey of [adminKeys.providers, adminKeys.audit, chatKeys.models]) void client.invalidateQueries({ queryKey });
    toasts.show({ tone: "ok", title });
    onClose();
  };
  const save = useMutation({ mutationFn: (next: Alias) => saveAlias(next), onSuccess: (saved) => done(t("providers.savedToast", { name: saved.name })) });
  const remove = useMutation({ mutationFn: (one: string) => deleteAlias(one), onSuccess: (_, one) => done(t("providers.removedToast", { name: one })), onError: (error) => toasts.problem(problemOf(error)) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = alias?.name ?? name.current?.value.trim() ?? "";
    const taken = !alias && aliases.data?.some((one) => one.name === typed);
    const found: { name?: string; targets?: string } = { ...(typed === "" ? { name: t("ui.required") } : taken ? { name: t("providers.aliasTaken") } : {}), ...(targets.length === 0 ? { targets: t("providers.targetNeeded") } : {}) };
    setWrong(found);
    if (found.name) return name.current?.focus();
    if (found.targets) return;
    const { source: _source, larger: _larger, ...kept } = alias ?? { name: typed, targets };
    save.mutate({ ...kept, name: typed, targets, regions: wordsOf(regions.current?.value ?? ""), ...(larger ? { larger } : {}) });
  };
  const others = models.filter((model) => !targets.includes(model));
  const refused = faultAt(save.error, "body.targets");
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={alias ? t("providers.editTitle", { name: alias.name }) : t("providers.createAlias")}
      description={t("providers.aliasText")}
      footer={
        <>
          {alias && (
            <span className="me-auto">
              <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate(alias.name)}>{t("providers.removeAlias")}</Button>
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
        <div className="flex flex-col gap-2">
          <h3 className="text-sm font-medium">{t("providers.fallbacks")}</h3>
          {targets.length > 0 && (
            <ReorderList
              label={t("providers.fallbacks")}
              items={targets}
              onChange={setTargets}
              render={(target) => (
                <span className="flex min-w-0 items-center gap-2 text-sm">
                  <FamilyBadge family={familyOf(target)} />
                  <bdi className="min-w-0 flex-1 truncate" title={target}>{target}</bdi>
                  {deployments.data && !models.includes(target) && <span className="shrink-0 text-xs text-warn">{t("providers.notOffered")}</span>}
                  <IconButton size="sm" label={t("providers.dropTarget", { name: target })} onClick={() => setTargets(targets.filter((one) => one !== target))}>
                    <X size={13} aria-hidden />
                  </IconButton>
                </span>
              )}
            />
          )}
          {others.length > 0 && targets.length < 20 && (
            <Select aria-label={t("providers.addTarget")} value={none} onChange={(model) => model !== none && setTargets([...targets, model])} options={[{ value: none, label: t("providers.addTarget") }, ...others.map((model) => ({ value: model, label: model, icon: <FamilyBadge family={familyOf(model)} /> }))]} />
          )}
          <p className={`text-xs ${wrong.targets || refused ? "text-danger" : "text-muted"}`} role={wrong.targets || refused ? "alert" : undefined}>{wrong.targets ?? refused ?? t("providers.fallbacksHelp")}</p>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("providers.larger")} help={t("providers.largerHelp")}>
            {(field) => <Select {...field} size="lg" value={larger || none} onChange={(model) => setLarger(model === none ? "" : model)} options={[{ value: none, label: t("providers.noLarger") }, ...[...new Set([...models, ...(larger ? [larger] : [])])].map((model) => ({ value: model, label: model }))]} />}
          </Field>
          <Field label={t("providers.regions")} optional={t("ui.optional")} help={t("providers.regionsHelp")}>
            {(field) => <Input {...field} ref={regions} size="lg" autoCapitalize="none" spellCheck={false} defaultValue={alias?.regions?.join(", ")} />}
          </Field>
        </div>
        {save.isError && refused === undefined && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}

const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
