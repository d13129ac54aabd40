import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, createKey, faultAt, problemOf } from "@/api";
import { useMe } from "@/app/me";
import { ModelsField } from "@/features/models";
import { useFormat, useT } from "@/i18n";
import { Button, Checkbox, Dialog, ErrorState, Field, Input, Select } from "@/ui";
import { endOf, expiries, type Expiry } from "./expiry";
import { mostModels } from "./models";
import { scopeHelp, scopeName, scopes, type Scope } from "./scopes";

type Created = Awaited<ReturnType<typeof createKey>>;

interface Props {
  onClose: () => void;
  /** Gets the key with its secret; whoever calls shows it. */
  onCreated: (created: Created) => void;
}

export function CreateKeyDialog({ onClose, onCreated }: Props) {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const client = useQueryClient();
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<readonly Scope[]>(["models.use"]);
  const [expiry, setExpiry] = useState<Expiry>("d90");
  const [cache, setCache] = useState(false);
  const [hidden, setHidden] = useState(false);
  const [models, setModels] = useState<string[]>();
  const [wrong, setWrong] = useState<{ name?: string; scopes?: string; models?: string }>({});
  const calls = chosen.includes("models.use");
  const create = useMutation({
    mutationFn: () => {
      const ends = endOf(expiry, new Date());
      return createKey({ name: name.current?.value.trim() ?? "", scopes: [...chosen], ...(calls && cache ? { cache } : {}), ...(calls && hidden ? { private: true } : {}), ...(calls && models ? { models } : {}), ...(ends ? { expires_at: ends.toISOString() } : {}) });
    },
    onSuccess: (created) => {
      void client.invalidateQueries({ queryKey: adminKeys.keys });
      void client.invalidateQueries({ queryKey: adminKeys.audit });
      onCreated(created);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found: typeof wrong = {};
    if (!name.current?.value.trim()) found.name = t("ui.required");
    if (chosen.length === 0) found.scopes = t("keys.scopeNeeded");
    if (calls && models?.length === 0) found.models = t("models.needed");
    setWrong(found);
    if (found.name) name.current?.focus();
    else if (!found.scopes && !found.models) create.mutate();
  };
  const toggle = (scope: Scope, on: boolean) => {
    setChosen(on ? [...chosen, scope] : chosen.filter((one) => one !== scope));
    if (on) setWrong(({ scopes: _, ...rest }) => rest);
  };
  const ends = endOf(expiry, new Date());
  const refused = faultAt(create.error, "body.name");
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={t("keys.create")}
      description={t("keys.createText")}
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={create.isPending}>
            {t("keys.create")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label={t("keys.name")} help={t("keys.nameHelp")} error={wrong.name ?? refused}>
          {(field) => <Input {...field} ref={name} size="lg" autoComplete="off" autoFocus maxLength={120} onChange={() => wrong.name && setWrong({})} />}
        </Field>
        <fieldset className="flex flex-col gap-2">
          <legend className="mb-1.5 text-sm font-medium">{t("keys.scopes")}</legend>
          {scopes
            .filter((scope) => me.permissions.includes(scope))
            .map((scope) => (
              <Checkbox key={scope} checked={chosen.includes(scope)} onChange={(on) => toggle(scope, on)} label={scopeName(scope)} help={scopeHelp(scope)} />
            ))}
          {wrong.scopes && (
            <p role="alert" className="text-xs text-danger">
              {wrong.scopes}
            </p>
          )}
        </fieldset>
        {calls && (
          <ModelsField
            label={t("keys.models")} help={t("keys.modelsHelp")} value={models} most={mostModels} error={wrong.models ?? faultAt(create.error, "body.models")}
            onChange={(next) => {
              setModels(next);
              setWrong(({ models: _, ...rest }) => rest);
            }}
          />
        )}
        {calls && <Checkbox checked={cache} onChange={setCache} label={t("keys.cacheUse")} help={t("keys.cacheHelp")} />}
        {calls && <Checkbox checked={hidden} onChange={setHidden} label={t("keys.privateUse")} help={t("keys.privateHelp")} />}
        <Field label={t("keys.expires")} help={ends ? t("keys.expiryHelp", { date: `${format.day(ends)}, ${format.time(ends)}` }) : t("keys.neverHelp")}>
          {(field) => <Select {...field} size="lg" value={expiry} onChange={setExpiry} options={(Object.keys(expiries) as Expiry[]).map((value) => ({ value, label: t(`keys.expiry.${value}`) }))} />}
        </Field>
        {create.isError && !refused && !faultAt(create.error, "body.models") && <ErrorState inline problem={problemOf(create.error)} />}
      </form>
    </Dialog>
  );
}
