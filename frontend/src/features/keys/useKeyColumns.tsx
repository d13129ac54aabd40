import type { Key } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, type Column } from "@/ui";
import { KeyStateBadge } from "./KeyStateBadge";
import { inForce, keyState } from "./keyState";
import { scopeName } from "./scopes";

export function useKeyColumns(now: Date, onRevoke: (key: Key) => void): Column<Key>[] {
  const t = useT();
  const format = useFormat();
  const may = useCan("keys.write");
  const when = (at: string | undefined, otherwise: string) =>
    at ? <span title={format.full(at)}>{format.ago(at, now)}</span> : <span className="text-faint">{otherwise}</span>;
  const quiet = (key: Key) => (inForce(keyState(key, now)) ? "" : "text-muted");
  const columns: Column<Key>[] = [
    { id: "name", header: t("keys.name"), width: 130, grow: 3, fixed: true, value: (key) => key.name, cell: (key) => <bdi className={`font-medium ${quiet(key)}`}>{key.name}</bdi> },
    { id: "prefix", header: t("keys.prefix"), width: 136, grow: 1, from: 560, value: (key) => key.prefix, cell: (key) => <span className="font-mono text-xs text-muted">{key.prefix}…</span> },
    { id: "scopes", header: t("keys.scopes"), width: 150, grow: 2, from: 1020, value: (key) => key.scopes.join(" "), cell: (key) => <span className={quiet(key)}>{key.scopes.map(scopeName).join(" · ")}</span> },
    {
      id: "models", header: t("keys.models"), width: 130, grow: 2, from: 820, value: (key) => key.models.join(" "),
      cell: (key) => (key.models.length > 0 ? <bdi className={`truncate ${quiet(key)}`} title={key.models.join(", ")}>{key.models.join(", ")}</bdi> : <span className="text-faint">{t("models.any")}</span>),
    },
    { id: "state", header: t("keys.state"), width: 112, value: (key) => t(`keys.${keyState(key, now)}`), cell: (key) => <KeyStateBadge state={keyState(key, now)} /> },
    { id: "expires", header: t("keys.expires"), width: 124, grow: 1, from: 700, value: (key) => key.expires_at, cell: (key) => when(key.expires_at, t("keys.never")) },
    { id: "used", header: t("keys.used"), width: 124, grow: 1, from: 620, value: (key) => key.used_at, cell: (key) => when(key.used_at, t("keys.never")) },
    { id: "by", header: t("keys.createdBy"), width: 120, grow: 1, from: 1150, value: (key) => key.created_by, cell: (key) => <bdi className="text-muted">{key.created_by}</bdi> },
    { id: "created", header: t("keys.created"), width: 100, grow: 1, hidden: true, value: (key) => key.created_at, cell: (key) => when(key.created_at, "") },
  ];
  if (!may) return columns;
  return [
    ...columns,
    {
      id: "acts", header: t("ui.actions"), silent: true, width: 84, fixed: true, sortable: false, value: () => null,
      cell: (key) =>
        inForce(keyState(key, now)) && (
          <span className="flex justify-end">
            <Button size="sm" tone="ghost" onClick={() => onRevoke(key)}>
              {t("keys.revoke")}
            </Button>
          </span>
        ),
    },
  ];
}
