import { useQuery } from "@tanstack/react-query";
import { Boxes, Plus } from "lucide-react";
import { useState } from "react";
import { problemOf, providersQuery, type Provider } from "@/api";
import { useCan } from "@/app/me";
import { useNow } from "@/app/useNow";
import { useT } from "@/i18n";
import { Button, ConfirmDialog, EmptyState, TableSkeleton, useToasts, View } from "@/ui";
import { KeysDialog } from "./KeysDialog";
import { ModelsDialog } from "./ModelsDialog";
import { ProviderDialog } from "./ProviderDialog";
import { ProviderRow } from "./ProviderRow";
import { useProviderActs } from "./useProviderActs";

interface Open {
  what: "edit" | "models" | "keys" | "remove";
  provider: Provider;
}

interface Props {
  /** The dialog that adds one is open. */
  adding: boolean;
  onAdd: () => void;
  onAdded: () => void;
}

/** Endpoints, their keys, and which of their models are offered. */
export function ProviderList({ adding, onAdd, onAdded }: Props) {
  const t = useT();
  const toasts = useToasts();
  const may = useCan("providers.write");
  const now = useNow(30_000);
  const providers = useQuery(providersQuery());
  const acts = useProviderActs();
  const [open, setOpen] = useState<Open>();
  const close = () => {
    setOpen(undefined);
    onAdded();
  };
  const added = (provider: Provider) => {
    close();
    // What it lists is what can be chosen next; without an answer the row says why.
    void acts.test(provider).then((result) => result?.ok && setOpen((now) => now ?? { what: "models", provider }));
  };
  const saved = (provider: Provider) => () => {
    acts.closeTest(provider.id);
    close();
  };
  const current = (provider: Provider) => providers.data?.find((one) => one.id === provider.id) ?? provider;
  const addButton = may && (
    <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={onAdd}>
      {t("providers.add")}
    </Button>
  );
  return (
    <>
      <View
        query={providers}
        problem={providers.error ? problemOf(providers.error) : undefined}
        skeleton={<TableSkeleton rows={4} columns={3} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Boxes size={20} aria-hidden />} title={t("providers.empty")} action={addButton}>{t("providers.emptyText")}</EmptyState>}
      >
        {(all) => (
          <ul className="min-h-0 flex-1 overflow-y-auto">
            {all.map((provider) => (
              <ProviderRow
                key={provider.id}
                provider={provider}
                now={now}
                test={acts.resultOf(provider.id)}
                testing={acts.testing(provider.id)}
                changing={acts.changing(provider.id)}
                onTest={() => void acts.test(provider)}
                onCancelTest={() => acts.cancelTest(provider.id)}
                onCloseTest={() => acts.closeTest(provider.id)}
                onModels={() => setOpen({ what: "models", provider })}
                onKeys={() => setOpen({ what: "keys", provider })}
                onEdit={() => setOpen({ what: "edit", provider })}
                onRemove={() => setOpen({ what: "remove", provider })}
                onEnabled={(enabled) => acts.setEnabled(provider, enabled)}
              />
            ))}
          </ul>
        )}
      </View>
      {adding && <ProviderDialog onClose={close} onSaved={added} />}
      {open?.what === "edit" && (
        <ProviderDialog
          provider={open.provider}
          onClose={close}
          onSaved={(saved) => {
            close();
            toasts.show({ tone: "ok", title: t("providers.savedToast", { name: saved.name }) });
          }}
        />
      )}
      {open?.what === "models" && <ModelsDialog provider={current(open.provider)} test={acts.resultOf(open.provider.id)} onClose={close} onSaved={saved(open.provider)} />}
      {open?.what === "keys" && <KeysDialog provider={current(open.provider)} onClose={close} />}
      {open?.what === "remove" && (
        <ConfirmDialog
          open
          onOpenChange={close}
          title={t("providers.removeTitle", { name: open.provider.name })}
          description={t("providers.removeText", { count: open.provider.models.length })}
          verb={t("providers.removeVerb")}
          typeName={open.provider.name}
          busy={acts.remove.isPending}
          onConfirm={() => acts.remove.mutate(open.provider, { onSuccess: close })}
        />
      )}
    </>
  );
}
