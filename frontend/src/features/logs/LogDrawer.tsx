import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { hasCode, logQuery, problemOf, type InferenceLog } from "@/api";
import { translateWire, useFormat, useT } from "@/i18n";
import { CopyButton, Drawer, EmptyState, ErrorState, FamilyBadge, familyOf, TableSkeleton } from "@/ui";
import { CallState } from "./CallState";
import { Contents } from "./Contents";
import { Cost } from "./Cost";
import { Elapsed } from "./Elapsed";
import { Waterfall } from "./Waterfall";

interface Props {
  id: string;
  /** Its row, when that is among those shown. */
  listed: InferenceLog | undefined;
  onClose: () => void;
}

/** Everything that is known of one call. */
export function LogDrawer({ id, listed, onClose }: Props) {
  const t = useT();
  const format = useFormat();
  const query = useQuery(logQuery(id));
  const detail = query.data;
  // The list moves with hints and may know more of a call that runs.
  const log = listed ?? detail;
  if (!log) {
    return (
      <Drawer open onOpenChange={onClose} title={t("logs.title")}>
        {query.isPending ? <TableSkeleton rows={6} columns={2} /> : hasCode(query.error, "not_found") ? <EmptyState title={t("logs.gone")}>{t("logs.goneText")}</EmptyState> : <ErrorState problem={problemOf(query.error)} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
      </Drawer>
    );
  }
  const running = log.state === "running";
  const writing = log.latency_ms - (log.first_token_ms ?? 0);
  const rate = log.output_tokens > 1 && log.first_token_ms && writing > 0 ? (log.output_tokens / writing) * 1000 : undefined;
  const tokens = (n: number) => `${log.estimated ? "≈ " : ""}${format.integer(n)}`;
  return (
    <Drawer open onOpenChange={onClose} title={t("logs.details", { time: format.timeWithSeconds(log.at) })} width={480}>
      <div className="flex flex-col gap-5">
        <div className="flex min-w-0 items-center gap-2">
          <FamilyBadge family={familyOf(log.model)} />
          <bdi className="min-w-0 text-base font-semibold wrap-anywhere">{log.model}</bdi>
          <span className="flex-1" />
          <CallState state={log.state} />
        </div>
        {log.error_code && (
          <div className="rounded-md bg-danger/8 px-3 py-2 text-sm">
            <div className="font-medium">{translateWire(`fault.${log.error_code}`) ?? t("logs.failed")}</div>
            <div className="font-mono text-xs text-muted select-text">{log.error_code}</div>
          </div>
        )}
        <dl className="grid grid-cols-3 gap-px overflow-hidden rounded-lg bg-line hairline">
          <Figure name={t("logs.latency")}>{running ? <Elapsed since={log.at} /> : format.timing(log.latency_ms)}</Figure>
          <Figure name={t("logs.first")}>{log.first_token_ms ? format.timing(log.first_token_ms) : "–"}</Figure>
          <Figure name={t("logs.cost")}><Cost log={log} /></Figure>
          <Figure name={t("logs.input")}>{tokens(log.input_tokens)}</Figure>
          <Figure name={t("logs.output")}>{tokens(log.output_tokens)}</Figure>
          <Figure name={t("logs.cached")}>{format.integer(log.cached_tokens ?? 0)}</Figure>
        </dl>
        {detail?.rescued && <p className="rounded-md bg-info/8 px-3 py-2 text-sm">{t("logs.rescued")}</p>}
        {detail?.lost && detail.lost.length > 0 && (
          <p className="rounded-md bg-warn/8 px-3 py-2 text-sm wrap-anywhere">
            {t("logs.lost")} <span className="font-mono text-xs">{detail.lost.join(", ")}</span>
          </p>
        )}
        {detail && <Waterfall detail={detail} />}
        {query.isError && !hasCode(query.error, "not_found") && <ErrorState inline problem={problemOf(query.error)} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name={t("logs.at")}>{format.full(log.at)}</Fact>
          {log.user && <Fact name={t("logs.user")}>{log.user}</Fact>}
          {log.key && <Fact name={t("logs.key")}>{log.key}</Fact>}
          <Fact name={t("logs.deployment")}>{log.deployment || "–"}</Fact>
          <Fact name={t("logs.surface")}>{t(`logs.surfaces.${log.surface}`, { defaultValue: log.surface })}</Fact>
          <Fact name={t("logs.operation")}>{t(`logs.operations.${log.operation as "chat"}`, { defaultValue: log.operation })}</Fact>
          <Fact name={t("logs.streamed")}>{log.streamed ? t("logs.yes") : t("logs.no")}{rate && <span className="text-muted"> · {t("logs.perSecond", { rate: format.decimal(rate) })}</span>}</Fact>
          <Fact name={t("logs.attempts")}>{format.integer(log.attempts)}</Fact>
          <Fact name={t("logs.requestId")}>
            <span className="flex items-center gap-1">
              <span className="font-mono text-xs wrap-anywhere">{log.request_id}</span>
              <CopyButton text={log.request_id} label={t("logs.copyId")} />
            </span>
          </Fact>
        </dl>
        <div className="flex flex-col gap-1 text-xs text-muted">
          {log.estimated && <p>{t("logs.estimated")}</p>}
          {log.unpriced && <p>{t("logs.unpricedHelp")}</p>}
        </div>
        {detail && <Contents key={detail.id} detail={detail} />}
      </div>
    </Drawer>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="bg-overlay px-3 py-2">
      <dt className="truncate text-xs text-muted">{name}</dt>
      <dd className="num text-base font-medium">{children}</dd>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-h-6 grid-cols-[120px_1fr] items-center gap-3">
      <dt className="text-muted">{name}</dt>
      <dd className="num min-w-0 wrap-anywhere select-text">{children}</dd>
    </div>
  );
}
