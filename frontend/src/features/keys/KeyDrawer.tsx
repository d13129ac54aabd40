import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Key } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, Drawer } from "@/ui";
import { KeyModels } from "./KeyModels";
import { KeyStateBadge } from "./KeyStateBadge";
import { inForce, keyState } from "./keyState";
import { scopeName } from "./scopes";

interface Props {
  apiKey: Key | undefined;
  now: Date;
  onClose: () => void;
  onRevoke: (key: Key) => void;
}

export function KeyDrawer({ apiKey: key, now, onClose, onRevoke }: Props) {
  const t = useT();
  const format = useFormat();
  const may = useCan("keys.write");
  const logs = useCan("logs.read");
  const [editing, setEditing] = useState<string>();
  if (!key) return null;
  const state = keyState(key, now);
  const facts: [string, string][] = [
    [t("keys.prefix"), `${key.prefix}…`],
    [t("keys.scopes"), key.scopes.map(scopeName).join(" · ")],
    [t("keys.models"), key.models.length > 0 ? key.models.join(", ") : t("models.any")],
    ...(key.cache ? [[t("keys.cache"), t("keys.cacheUsed")] as [string, string]] : []),
    ...(key.private ? [[t("keys.private"), t("keys.privateUsed")] as [string, string]] : []),
    [t("keys.createdBy"), key.created_by],
    [t("keys.created"), format.full(key.created_at)],
    [t("keys.used"), key.used_at ? format.full(key.used_at) : t("keys.unused")],
    [t("keys.expires"), key.expires_at ? format.full(key.expires_at) : t("keys.never")],
    ...(key.revoked_at ? [[t("keys.revokedAt"), format.full(key.revoked_at)] as [string, string]] : []),
  ];
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={key.name}
      footer={
        may && inForce(state) ? (
          <Button tone="danger" onClick={() => onRevoke(key)}>
            {t("keys.revoke")}
          </Button>
        ) : undefined
      }
    >
      <div className="flex flex-col gap-5">
        <span>
          <KeyStateBadge state={state} />
        </span>
        <dl className="flex flex-col gap-2 text-sm">
          {facts.map(([name, value]) => (
            <div key={name} className="grid grid-cols-[112px_1fr] gap-3">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 wrap-anywhere select-text">{value}</dd>
            </div>
          ))}
        </dl>
        {may && inForce(state) && key.scopes.includes("models.use") && (
          editing === key.id ? (
            <KeyModels key={key.id} apiKey={key} onClose={() => setEditing(undefined)} />
          ) : (
            <Button className="self-start" onClick={() => setEditing(key.id)}>{t("keys.changeModels")}</Button>
          )
        )}
        {logs && (
          <Link to={"/logs" as never} search={{ key: key.id } as never} className="w-fit rounded-sm text-sm font-medium text-accent-text hover:underline">
            {t("keys.logs")}
          </Link>
        )}
      </div>
    </Drawer>
  );
}
