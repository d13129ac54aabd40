import type { ReactNode } from "react";
import type { AuditEntry } from "@/api";
import { useFormat, useT } from "@/i18n";
import { CopyButton, Drawer, EmptyState } from "@/ui";
import { actionText, actorText, factsOf, targetText } from "./words";

interface Props {
  open: boolean;
  entry: AuditEntry | undefined;
  seq: string | undefined;
  onClose: () => void;
}

export function EntryDrawer({ open, entry, seq, onClose }: Props) {
  const t = useT();
  const format = useFormat();
  if (!open) return null;
  return (
    <Drawer open onOpenChange={onClose} title={t("audit.entry", { seq: seq ?? "" })}>
      {entry ? (
        <div className="flex flex-col gap-5">
          <p className="text-base font-semibold wrap-anywhere">{actionText(entry.action)}</p>
          <dl className="flex flex-col gap-2 text-sm">
            <Fact name={t("audit.at")}>{format.full(entry.at)}</Fact>
            <Fact name={t("audit.actor")}><bdi>{actorText(entry.actor)}</bdi></Fact>
            <Fact name={t("audit.target")}><bdi>{targetText(entry)}</bdi></Fact>
            <Fact name={t("audit.code")}><span className="font-mono text-xs">{entry.action}</span></Fact>
          </dl>
          {factsOf(entry, format).length > 0 && (
            <dl className="flex flex-col gap-2 border-t border-line pt-4 text-sm">
              {factsOf(entry, format).map((fact) => (
                <Fact key={fact.name} name={fact.name}>{fact.value}</Fact>
              ))}
            </dl>
          )}
          <div className="border-t border-line pt-4">
            <div className="flex items-center justify-between text-sm text-muted">
              {t("audit.hash")}
              <CopyButton text={entry.hash} label={t("audit.copyHash")} />
            </div>
            <p className="font-mono text-xs wrap-anywhere select-text">{entry.hash}</p>
          </div>
        </div>
      ) : (
        <EmptyState title={t("audit.notLoaded")}>{t("audit.notLoadedText")}</EmptyState>
      )}
    </Drawer>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[112px_1fr] gap-3">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere select-text">{children}</dd>
    </div>
  );
}
