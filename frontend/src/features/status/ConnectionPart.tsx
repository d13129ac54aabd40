import { Link } from "@tanstack/react-router";
import type { ServerStatus, Status } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Dot, PopoverClose, type Tone } from "@/ui";
import { StatusPart } from "./StatusPart";

const tones: Record<ServerStatus["state"], Tone> = { none: "neutral", connecting: "info", connected: "ok", offline: "warn", signed_out: "warn" };

export function ConnectionPart({ status }: { status: Status }) {
  const t = useT();
  const format = useFormat();
  const { server, unsynced } = status;
  const name = server.tenant || server.url || t("local.status.server");
  const words: Record<ServerStatus["state"], string> = {
    none: t("local.status.none"),
    connecting: t("local.status.connecting", { name }),
    connected: t("local.status.connected", { name }),
    offline: t("local.status.offline", { name }),
    signed_out: t("local.status.signedOut", { name }),
  };
  const facts: [string, string][] = [];
  if (server.user || server.email) facts.push([t("local.status.user"), server.user || server.email || ""]);
  if (server.url) facts.push([t("local.status.address"), server.url]);
  return (
    <StatusPart
      label={t("local.status.connection")}
      text={words[server.state]}
      dot={<Dot tone={tones[server.state]} pulse={server.state === "connecting"} />}
      detail={
        <>
          <div className="text-sm font-medium wrap-anywhere">{words[server.state]}</div>
          {server.state === "none" && <p className="mt-1 text-xs text-muted">{t("local.status.noneText")}</p>}
          {server.state === "offline" && <p className="mt-1 text-xs text-muted">{t("local.status.offlineText")}</p>}
          {server.detail && <p className="mt-1 text-xs wrap-anywhere text-muted">{server.detail}</p>}
          <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 text-xs empty:hidden">
            {facts.map(([key, value]) => (
              <div key={key} className="contents">
                <dt className="text-faint">{key}</dt>
                <dd className="truncate" title={value}>{value}</dd>
              </div>
            ))}
          </dl>
          {server.state !== "none" && (
            <p className="mt-3 text-xs text-muted">
              {unsynced > 0 ? t("local.status.unsynced", { count: unsynced }) : server.synced_at ? t("local.status.syncedAt", { time: format.ago(server.synced_at) }) : t("local.status.neverSynced")}
            </p>
          )}
          <PopoverClose asChild>
            <Link to={"/settings" as never} className="mt-3 inline-block text-xs font-medium text-accent-text hover:underline">
              {server.state === "none" ? t("local.status.connect") : t("local.status.manage")}
            </Link>
          </PopoverClose>
        </>
      }
    />
  );
}
