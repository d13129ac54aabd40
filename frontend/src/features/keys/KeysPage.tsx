import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { adminKeys, keysQuery, problemOf, revokeKey, type Key } from "@/api";
import { useCan } from "@/app/me";
import { useNow } from "@/app/useNow";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, ConfirmDialog, EmptyState, Page, Segmented, Table, TableSkeleton, useToasts, View } from "@/ui";
import { CreateKeyDialog } from "./CreateKeyDialog";
import { KeyDrawer } from "./KeyDrawer";
import { inForce, keyState } from "./keyState";
import { SecretDialog } from "./SecretDialog";
import { useKeyColumns } from "./useKeyColumns";

export function KeysPage() {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const may = useCan("keys.write");
  const now = useNow(30_000);
  const keys = useQuery(keysQuery());
  const [show = "all", setShow] = useUrlState("show");
  const [openId, setOpenId] = useUrlState("open");
  const [creating, setCreating] = useState(false);
  const [secret, setSecret] = useState<{ name: string; secret: string; allowed: readonly string[] }>();
  const [revoking, setRevoking] = useState<Key>();
  const revoke = useMutation({
    mutationFn: (key: Key) => revokeKey(key.id),
    onSuccess: (_, key) => {
      toasts.show({ tone: "ok", title: t("keys.revokedToast", { name: key.name }) });
      setRevoking(undefined);
      setOpenId(undefined);
      void client.invalidateQueries({ queryKey: adminKeys.keys });
      void client.invalidateQueries({ queryKey: adminKeys.audit });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const columns = useKeyColumns(now, setRevoking);
  const rows = useMemo(() => (keys.data ?? []).filter((key) => show !== "force" || inForce(keyState(key, now))), [keys.data, show, now]);
  const createButton = may && (
    <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setCreating(true)}>
      {t("keys.create")}
    </Button>
  );
  return (
    <Page title={t("keys.title")} lead={t("keys.lead")} actions={createButton} fill>
      <View
        query={keys}
        problem={keys.error ? problemOf(keys.error) : undefined}
        skeleton={<TableSkeleton />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<KeyRound size={20} aria-hidden />} title={t("keys.empty")} action={createButton}>{t("keys.emptyText")}</EmptyState>}
      >
        {() => (
          <Table
            id="keys"
            label={t("keys.title")}
            columns={columns}
            rows={rows}
            rowKey={(key) => key.id}
            openKey={openId}
            onOpen={(key) => setOpenId(key.id)}
            empty={<EmptyState title={t("keys.noneInForce")} action={<Button onClick={() => setShow(undefined)}>{t("keys.showAll")}</Button>}>{t("keys.noneInForceText")}</EmptyState>}
            toolbar={
              <Segmented
                label={t("keys.state")}
                value={show === "force" ? "force" : "all"}
                onChange={(next) => setShow(next === "all" ? undefined : next)}
                options={[
                  { value: "all", label: t("keys.all") },
                  { value: "force", label: t("keys.inForce") },
                ]}
              />
            }
          />
        )}
      </View>
      <KeyDrawer apiKey={keys.data?.find((key) => key.id === openId)} now={now} onClose={() => setOpenId(undefined)} onRevoke={setRevoking} />
      {creating && (
        <CreateKeyDialog
          onClose={() => setCreating(false)}
          onCreated={(created) => {
            setCreating(false);
            setSecret({ name: created.key.name, secret: created.secret, allowed: created.key.models });
          }}
        />
      )}
      {secret && <SecretDialog {...secret} onClose={() => setSecret(undefined)} />}
      <ConfirmDialog
        open={revoking !== undefined}
        onOpenChange={() => setRevoking(undefined)}
        title={t("keys.revokeTitle", { name: revoking?.name ?? "" })}
        description={t("keys.revokeText", { prefix: revoking?.prefix ?? "" })}
        verb={t("keys.revoke")}
        busy={revoke.isPending}
        onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </Page>
  );
}
