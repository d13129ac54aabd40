import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { disconnectServer, localKeys, problemOf, type ServerStatus, type Status } from "@/api";
import { useT } from "@/i18n";
import { Badge, Button, ConfirmDialog, useToasts, type Tone } from "@/ui";
import { ConnectForm } from "./ConnectForm";
import { Section } from "./Section";

const tones: Record<ServerStatus["state"], Tone> = { none: "neutral", connecting: "info", connected: "ok", offline: "warn", signed_out: "warn" };

/** The connection to the team's server. */
export function ServerSection({ server, unsynced }: { server: ServerStatus; unsynced: number }) {
  const t = useT();
  const client = useQueryClient();
  const toasts = useToasts();
  const [asking, setAsking] = useState(false);
  const name = server.tenant || server.url || t("local.status.server");
  const disconnect = useMutation({
    mutationFn: disconnectServer,
    onSuccess: (status) => {
      client.setQueryData<Status>(localKeys.status, status);
      void client.invalidateQueries();
      setAsking(false);
      toasts.show({ title: t("settings.disconnected") });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const needsForm = server.state === "none" || server.state === "signed_out";
  const states: Record<ServerStatus["state"], string> = {
    none: t("local.status.none"),
    connecting: t("local.status.connecting", { name }),
    connected: t("local.status.connected", { name }),
    offline: t("local.status.offline", { name }),
    signed_out: t("local.status.signedOut", { name }),
  };
  return (
    <Section title={t("settings.server")}>
      {server.state !== "none" && (
        <div className="flex flex-wrap items-center gap-3 py-3">
          <div className="min-w-52 flex-1">
            <div className="truncate text-sm font-medium">{name}</div>
            <div className="truncate text-xs text-muted">{[server.email && t("settings.signedInAs", { user: server.email }), server.url].filter(Boolean).join(" · ")}</div>
            {server.detail && <div className="text-xs wrap-anywhere text-muted">{server.detail}</div>}
          </div>
          <Badge tone={tones[server.state]}>{states[server.state]}</Badge>
          {server.state !== "signed_out" && (
            <Button tone="danger" onClick={() => setAsking(true)}>
              {t("settings.disconnect")}
            </Button>
          )}
        </div>
      )}
      {needsForm && <ConnectForm server={server} />}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t("settings.disconnectTitle", { name })}
        description={t("settings.disconnectText", { unsynced: unsynced > 0 ? t("settings.disconnectUnsynced", { count: unsynced }) : t("settings.disconnectNone") })}
        verb={t("settings.disconnect")}
        busy={disconnect.isPending}
        onConfirm={() => disconnect.mutate()}
      />
    </Section>
  );
}
