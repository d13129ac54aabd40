import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { ScrollText, ShieldCheck } from "lucide-react";
import { useCallback, useMemo } from "react";
import { auditQuery, problemOf, usersQuery, verifyAudit, type AuditFilter } from "@/api";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useFormat, useT } from "@/i18n";
import { Button, EmptyState, Page, Select, Table, TableSkeleton, useToasts, View, type Option } from "@/ui";
import { ChainCheck } from "./ChainCheck";
import { EntryDrawer } from "./EntryDrawer";
import { useAuditColumns } from "./useAuditColumns";
import { actionText, actorText, nouns } from "./words";

const any = "any";

/** Who did what, and whether the record of it still holds. */
export function AuditPage() {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const [action, setAction] = useUrlState("action");
  const [actor, setActor] = useUrlState("actor");
  const [openSeq, setOpenSeq] = useUrlState("entry");
  const filter = useMemo<AuditFilter>(() => ({ ...(action ? { action } : {}), ...(actor ? { actor } : {}) }), [action, actor]);
  const audit = useInfiniteQuery(auditQuery(filter));
  const users = useQuery({ ...usersQuery(), enabled: useCan("users.read") });
  const check = useMutation({ mutationFn: verifyAudit, onError: (error) => toasts.problem(problemOf(error)) });
  const columns = useAuditColumns();
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = audit;
  const rows = useMemo(() => {
    const seen = new Set<number>();
    return (audit.data?.pages ?? []).flatMap((page) => page.items).filter((entry) => !seen.has(entry.seq) && seen.add(entry.seq));
  }, [audit.data]);
  const actors = useMemo(
    () => [...new Set(["operator", "system", ...(users.data ?? []).map((user) => user.name || user.email), ...rows.map((entry) => entry.actor), ...(actor ? [actor] : [])])].filter(Boolean).sort(format.compare),
    [users.data, rows, actor, format],
  );
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const clear = () => {
    setAction(undefined);
    setActor(undefined);
  };
  const filtered = action !== undefined || actor !== undefined;
  const actions: Option<string>[] = [{ value: any, label: t("audit.anyAction") }, ...nouns.map((noun) => ({ value: noun as string, label: t(`audit.noun.${noun}`) }))];
  if (action && !actions.some((option) => option.value === action)) actions.push({ value: action, label: actionText(action) });
  return (
    <Page
      title={t("audit.title")}
      lead={t("audit.lead")}
      fill
      actions={
        <Button icon={<ShieldCheck size={14} aria-hidden />} busy={check.isPending} onClick={() => check.mutate()}>
          {t("audit.check")}
        </Button>
      }
    >
      {check.data && <ChainCheck verdict={check.data} onShow={(seq) => setOpenSeq(String(seq))} onDismiss={check.reset} />}
      <View query={audit} problem={audit.error ? problemOf(audit.error) : undefined} skeleton={<TableSkeleton rows={12} />}>
        {() => (
          <Table
            id="audit"
            label={t("audit.title")}
            columns={columns}
            rows={rows}
            rowKey={(entry) => String(entry.seq)}
            openKey={openSeq}
            onOpen={(entry) => setOpenSeq(String(entry.seq))}
            onEnd={more}
            toolbar={
              <>
                <Select aria-label={t("audit.action")} value={action ?? any} onChange={(next) => setAction(next === any ? undefined : next)} options={actions} className="!w-auto" />
                <Select aria-label={t("audit.actor")} value={actor ?? any} onChange={(next) => setActor(next === any ? undefined : next)} className="!w-auto max-w-56" options={[{ value: any, label: t("audit.anyActor") }, ...actors.map((one) => ({ value: one, label: actorText(one) }))]} />
                {filtered && (
                  <Button tone="ghost" onClick={clear}>
                    {t("audit.clear")}
                  </Button>
                )}
              </>
            }
            empty={
              filtered ? (
                <EmptyState title={t("audit.none")} action={<Button onClick={clear}>{t("audit.clear")}</Button>} />
              ) : (
                <EmptyState icon={<ScrollText size={20} aria-hidden />} title={t("audit.empty")}>{t("audit.emptyText")}</EmptyState>
              )
            }
          />
        )}
      </View>
      <EntryDrawer open={openSeq !== undefined && audit.data !== undefined} seq={openSeq} entry={rows.find((entry) => String(entry.seq) === openSeq)} onClose={() => setOpenSeq(undefined)} />
    </Page>
  );
}
