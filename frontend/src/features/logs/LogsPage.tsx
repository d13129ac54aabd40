import { useInfiniteQuery } from "@tanstack/react-query";
import { Activity, ArrowUp, FileLock2, Pause, Play } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { logsQuery, problemOf } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, Dot, EmptyState, Page, Table, TableSkeleton, View } from "@/ui";
import { ContentPolicyDialog } from "./ContentPolicyDialog";
import { ExportMenu } from "./ExportMenu";
import { LogDrawer } from "./LogDrawer";
import { LogFilters } from "./LogFilters";
import { useHold } from "./useHold";
import { useLogColumns } from "./useLogColumns";
import { useLogFilter } from "./useLogFilter";

const toTop = () => document.querySelector('[data-scroller="logs"]')?.scrollTo({ top: 0 });

/** Every call, newest first, as it happens. */
export function LogsPage() {
  const t = useT();
  const filter = useLogFilter();
  const [openId, setOpenId] = useUrlState("open");
  const [policy, setPolicy] = useState(false);
  // Paused for these filters only: others have nothing to show yet.
  const [pausedFor, setPausedFor] = useState<object>();
  const paused = pausedFor === filter.filter;
  const logs = useInfiniteQuery({ ...logsQuery(filter.filter), enabled: !paused });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = logs;
  const rows = useMemo(() => {
    const seen = new Set<string>();
    return (logs.data?.pages ?? []).flatMap((page) => page.items).filter((log) => !seen.has(log.id) && seen.add(log.id));
  }, [logs.data]);
  const { shown, waiting, onTop } = useHold(rows);
  const models = useMemo(() => [...new Set(rows.map((log) => log.model))], [rows]);
  const columns = useLogColumns(logs.data?.pages[0]?.totals);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Page
      title={t("logs.title")}
      fill
      actions={
        <>
          <span role="status" className="flex items-center gap-2 text-xs text-muted">
            <Dot tone={paused ? "warn" : "ok"} />
            {paused ? t("logs.paused") : t("logs.live")}
          </span>
          <Button icon={paused ? <Play size={13} aria-hidden /> : <Pause size={13} aria-hidden />} onClick={() => setPausedFor(paused ? undefined : filter.filter)}>
            {paused ? t("logs.resume") : t("logs.pause")}
          </Button>
          <Button icon={<FileLock2 size={13} aria-hidden />} onClick={() => setPolicy(true)}>
            {t("logs.policy.open")}
          </Button>
        </>
      }
    >
      {waiting > 0 && (
        <div className="flex justify-center border-b border-line bg-accent/8 py-1">
          <Button size="sm" tone="ghost" icon={<ArrowUp size={12} aria-hidden />} onClick={toTop}>
            {t("logs.newer", { count: waiting })}
          </Button>
        </div>
      )}
      <View query={logs} problem={logs.error ? problemOf(logs.error) : undefined} skeleton={<TableSkeleton rows={12} columns={7} />}>
        {() => (
          <Table
            id="logs"
            label={t("logs.title")}
            columns={columns}
            rows={shown}
            rowKey={(log) => log.id}
            openKey={openId}
            onOpen={(log) => setOpenId(log.id)}
            onEnd={more}
            onTop={onTop}
            exporter={<ExportMenu filter={filter.filter} total={logs.data?.pages[0]?.totals.calls ?? 0} />}
            toolbar={<LogFilters filter={filter} seen={models} />}
            empty={
              filter.any ? (
                <EmptyState title={t("logs.none")} action={<Button onClick={filter.clear}>{t("logs.clear")}</Button>} />
              ) : (
                <EmptyState icon={<Activity size={20} aria-hidden />} title={t("logs.empty")}>{t("logs.emptyText")}</EmptyState>
              )
            }
          />
        )}
      </View>
      {openId !== undefined && logs.data !== undefined && <LogDrawer id={openId} listed={rows.find((log) => log.id === openId)} onClose={() => setOpenId(undefined)} />}
      {policy && <ContentPolicyDialog onClose={() => setPolicy(false)} />}
    </Page>
  );
}
