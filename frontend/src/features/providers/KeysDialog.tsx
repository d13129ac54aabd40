import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useRef, useState, type FormEvent } from "react";
import { addProviderKey, adminKeys, problemOf, type Provider } from "@/api";
import { useT } from "@/i18n";
import { Button, Dialog, EmptyState, ErrorState, Field, Input } from "@/ui";
import { KeyRow } from "./KeyRow";

/** The keys of a provider's pool: calls go to one that is not benched. */
export function KeysDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const name = useRef<HTMLInputElement>(null);
  const secret = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<{ name?: string; secret?: string }>({});
  const add = useMutation({
    mutationFn: (key: { name: string; secret: string }) => addProviderKey(provider.id, key),
    onSuccess: () => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      for (const field of [name, secret]) if (field.current) field.current.value = "";
      name.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const typed = { name: name.current?.value.trim() ?? "", secret: secret.current?.value.trim() ?? "" };
    setWrong({ ...(typed.name ? {} : { name: t("ui.required") }), ...(typed.secret ? {} : { secret: t("ui.required") }) });
    if (!typed.name) return name.current?.focus();
    if (!typed.secret) return secret.current?.focus();
    add.mutate(typed);
  };
  return (
    <Dialog open width="lg" onOpenChange={onClose} title={t("providers.keysOf", { name: provider.name })} description={t("providers.keysText")} footer={<Button onClick={onClose}>{t("ui.close")}</Button>}>
      <div className="flex flex-col gap-5">
        {provider.keys.length === 0 ? (
          <EmptyState title={t("providers.noKeys")}>{t("providers.noKeysText")}</EmptyState>
        ) : (
          <ul aria-label={t("providers.keysOf", { name: provider.name })} className="rounded-md hairline">
            {provider.keys.map((key) => (
              <KeyRow key={key.id} provider={provider} of={key} />
            ))}
          </ul>
        )}
        <form aria-label={t("providers.addKey")} onSubmit={submit} noValidate className="grid items-start gap-3 sm:grid-cols-[1fr_1.4fr_auto]">
          <Field label={t("providers.keyName")} error={wrong.name}>
            {(field) => <Input {...field} ref={name} maxLength={120} autoComplete="off" />}
          </Field>
          <Field label={t("providers.secret")} error={wrong.secret} help={t("providers.keyHelp")}>
            {(field) => <Input {...field} ref={secret} type="password" maxLength={500} autoComplete="new-password" spellCheck={false} />}
          </Field>
          <Button type="submit" icon={<Plus size={14} aria-hidden />} busy={add.isPending} className="sm:mt-[26px]">
            {t("providers.addKey")}
          </Button>
        </form>
        {add.isError && <ErrorState inline problem={problemOf(add.error)} />}
      </div>
    </Dialog>
  );
}
