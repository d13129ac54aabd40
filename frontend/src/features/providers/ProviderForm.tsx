import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, createProvider, faultAt, hasCode, patchProvider, problemOf, type Provider, type ProviderInput, type ProviderKind } from "@/api";
import { useT, type T as TFunction } from "@/i18n";
import { Button, Dialog, ErrorState, FamilyBadge, familyOf, Field, Input, Select } from "@/ui";

export interface ProviderFormProps {
  /** Absent to add one. */
  provider?: Provider | undefined;
  onClose: () => void;
  onSaved: (provider: Provider, added: boolean) => void;
}

/** A code, the same in every language. */
const regionExample = "eu";

type Wrong = Partial<Record<"name" | "url" | "key", string>>;

type Kind = ProviderKind["kind"];

/** Where an endpoint is and how to get in. */
export function ProviderForm({ provider, kinds, onClose, onSaved }: ProviderFormProps & { kinds: readonly ProviderKind[] }) {
  const t = useT();
  const client = useQueryClient();
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  const url = useRef<HTMLInputElement>(null);
  const key = useRef<HTMLInputElement>(null);
  const version = useRef<HTMLInputElement>(null);
  const region = useRef<HTMLInputElement>(null);
  const [kind, setKind] = useState<Kind>(provider && provider.kind !== "local" ? provider.kind : "compatible");
  const about = kinds.find((one) => one.kind === kind);
  const startUrl = about?.base_url ?? "";
  const [wrong, setWrong] = useState<Wrong>({});
  const save = useMutation({
    mutationFn: (input: ProviderInput) => (provider ? patchProvider(provider.id, input) : createProvider(input)),
    onSuccess: (saved) => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      onSaved(saved, !provider);
    },
    onError: (error) => {
      if (hasCode(error, "conflict") || faultAt(error, "body.name")) name.current?.focus();
      else if (hasCode(error, "egress.refused") || faultAt(error, "body.base_url")) url.current?.focus();
      else if (faultAt(error, "body.api_key")) key.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = { name: name.current?.value.trim() ?? "", url: url.current?.value.trim() ?? "", key: key.current?.value.trim() ?? "" };
    const moved = provider !== undefined && typed.url.replace(/\/+$/, "") !== provider.base_url;
    const found: Wrong = {};
    if (typed.name === "") found.name = t("ui.required");
    if (!isWeb(typed.url)) found.url = typed.url === "" ? t("ui.required") : t("providers.baseUrlInvalid");
    if (!provider && about?.key && typed.key === "") found.key = t("ui.required");
    if (moved && provider.has_key && typed.key === "") found.key = t("providers.keyAgain");
    setWrong(found);
    const first = found.name ? name : found.url ? url : found.key ? key : undefined;
    if (first) return first.current?.focus();
    const where = region.current?.value.trim() ?? "";
    const apiVersion = version.current?.value.trim();
    const input: ProviderInput = {
      name: typed.name,
      base_url: typed.url,
      ...(provider || where ? { region: where } : {}),
      ...(provider ? {} : { kind }),
      ...(apiVersion === undefined ? {} : { api_version: apiVersion }),
      ...(typed.key ? { api_key: typed.key } : {}),
    };
    save.mutate(input);
  };
  /** Another kind brings its address, unless one was written by hand. */
  const choose = (next: Kind) => {
    const field = url.current;
    if (field && (field.value === "" || field.value === startUrl)) field.value = kinds.find((one) => one.kind === next)?.base_url ?? "";
    setKind(next);
    setWrong({});
  };
  const touched = (field: keyof Wrong) => () => {
    if (wrong[field]) setWrong({ ...wrong, [field]: undefined } as Wrong);
    if (save.isError) save.reset();
  };
  const at = wordsFor(save.error, t);
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={provider ? t("providers.editTitle", { name: provider.name }) : t("providers.add")}
      {...(provider ? {} : { description: t("providers.addText") })}
      footer={
        <>
          <Button onClick={onClose}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={save.isPending}>
            {provider ? t("providers.save") : t("providers.addAndTest")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        {!provider && (
          <Field label={t("providers.providerKind")} help={t(`providers.kindHelp.${kind}`, { defaultValue: "" })}>
            {(field) => <Select {...field} size="lg" value={kind} onChange={choose} options={kinds.map((one) => ({ value: one.kind, label: t(`providers.kinds.${one.kind}`, { defaultValue: one.name }), icon: <FamilyBadge family={familyOf(one.kind)} /> }))} />}
          </Field>
        )}
        <Field label={t("providers.name")} help={t("providers.nameHelp")} error={wrong.name ?? at.name}>
          {(field) => <Input {...field} ref={name} size="lg" autoComplete="off" autoFocus maxLength={120} defaultValue={provider?.name} onChange={touched("name")} />}
        </Field>
        <div className="flex flex-col gap-2">
          <Field label={t("providers.baseUrl")} help={about?.example ? t("providers.baseUrlOwn", { url: about.example }) : t("providers.baseUrlHelp")} error={wrong.url ?? at.url}>
            {(field) => (
              <Input
                {...field} ref={url} size="lg" type="url" inputMode="url" autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={500} defaultValue={provider?.base_url ?? startUrl}
                onChange={touched("url")} onBlur={(e) => e.target.value !== "" && !isWeb(e.target.value) && setWrong({ ...wrong, url: t("providers.baseUrlInvalid") })}
              />
            )}
          </Field>
          {hasCode(save.error, "egress.refused") && <p className="rounded-md bg-warn/8 px-3 py-2 text-xs">{t("providers.refusedHelp")}</p>}
        </div>
        <Field label={t("providers.key")} {...(provider?.has_key || about?.key ? {} : { optional: t("ui.optional") })} help={provider?.has_key ? t("providers.keyKeepHelp") : t("providers.keyHelp")} error={wrong.key ?? at.key}>
          {(field) => (
            <Input
              {...field} ref={key} size="lg" type="password" autoComplete="new-password" spellCheck={false} maxLength={500} placeholder={provider?.has_key ? t("providers.keyKeep") : ""} onChange={touched("key")}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t("providers.region")} optional={t("ui.optional")} help={t("providers.regionHelp")}>
            {(field) => <Input {...field} ref={region} size="lg" maxLength={40} autoCapitalize="none" spellCheck={false} placeholder={regionExample} defaultValue={provider?.region} />}
          </Field>
          {about?.api_version !== undefined && (
            <Field label={t("providers.apiVersion")}>
              {(field) => <Input {...field} ref={version} size="lg" maxLength={40} spellCheck={false} defaultValue={provider?.api_version ?? about.api_version} />}
            </Field>
          )}
        </div>
        {save.isError && !at.name && !at.url && !at.key && <ErrorState inline problem={problemOf(save.error)} />}
      </form>
    </Dialog>
  );
}

/** What the host refused, at the field it is about. */
function wordsFor(error: unknown, t: TFunction): Wrong {
  if (!error) return {};
  if (hasCode(error, "egress.refused")) return { url: t("providers.refused") };
  if (hasCode(error, "conflict")) return { name: t("providers.nameTaken") };
  const found: Wrong = {};
  for (const [field, path] of [["name", "body.name"], ["url", "body.base_url"], ["key", "body.api_key"]] as const) {
    const message = faultAt(error, path);
    if (message !== undefined) found[field] = message || problemOf(error).detail;
  }
  return found;
}

function isWeb(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
