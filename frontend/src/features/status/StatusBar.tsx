import { useQuery } from "@tanstack/react-query";
import { problemOf, spendQuery, statusQuery } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Dot, problemHint } from "@/ui";
import { ConnectionPart } from "./ConnectionPart";
import { EnginePart } from "./EnginePart";
import { QueuePart } from "./QueuePart";
import { StatusPart } from "./StatusPart";

/** The line that tells the truth about connection, queue, engine and money. */
export function StatusBar() {
  const t = useT();
  const format = useFormat();
  const status = useQuery(statusQuery());
  const connected = status.data?.server.state === "connected";
  const spend = useQuery({ ...spendQuery(), enabled: connected });
  // Old data must not look like the present: an error is an error here.
  const gone = status.isError;
  return (
    <footer aria-label={t("local.status.label")} className="num flex h-7 shrink-0 items-center gap-px overflow-x-auto border-t border-line bg-surface px-1.5 text-xs text-muted">
      {gone ? (
        <span role="alert" className="flex items-center gap-1.5 px-1.5 text-danger">
          <Dot tone="danger" />
          {t("local.status.hostGone")}
          <span className="text-muted">{problemHint(problemOf(status.error))}</span>
        </span>
      ) : (
        status.data && (
          <>
            <ConnectionPart status={status.data} />
            <QueuePart waiting={status.data.waiting} />
            <EnginePart engine={status.data.engine} />
            <span className="flex-1" />
            {connected && spend.data && !spend.isError && (
              <StatusPart
                label={t("local.status.cost")}
                align="end"
                text={t("local.status.today", { amount: format.money(spend.data.today_nano_usd) })}
                detail={
                  <>
                    <div className="text-lg font-semibold">{format.money(spend.data.today_nano_usd)}</div>
                    <div className="text-sm">{t("local.status.calls", { count: spend.data.calls_today })}</div>
                    <p className="mt-2 text-xs text-muted">{t("local.status.costText")}</p>
                  </>
                }
              />
            )}
          </>
        )
      )}
    </footer>
  );
}
