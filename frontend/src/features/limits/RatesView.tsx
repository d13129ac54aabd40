import { useQuery } from "@tanstack/react-query";
import { Gauge } from "lucide-react";
import { useState, type ReactNode } from "react";
import { limitsQuery, problemOf, type Limit } from "@/api";
import { useCan } from "@/app/me";
import { useT } from "@/i18n";
import { EmptyState, Table, TableSkeleton, View } from "@/ui";
import { LimitDialog } from "./LimitDialog";
import { useLimitColumns } from "./useLimitColumns";

const renew = 10_000;

/** Requests, tokens and concurrency; a row opens to be changed. */
export function RatesView({ create }: { create: ReactNode }) {
  const t = useT();
  const may = useCan("limits.write");
  const limits = useQuery({ ...limitsQuery(), refetchInterval: renew });
  const columns = useLimitColumns();
  const [open, setOpen] = useState<Limit>();
  return (
    <>
      <View
        query={limits}
        problem={limits.error ? problemOf(limits.error) : undefined}
        skeleton={<TableSkeleton rows={6} columns={5} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Gauge size={20} aria-hidden />} title={t("limits.noLimits")} action={create}>{t("limits.noLimitsText")}</EmptyState>}
      >
        {(all) => (
          <>
            {all.some((limit) => limit.sharing === "postgres") && <p className="border-b border-line px-5 py-2 text-xs text-muted">{t("limits.sharingHelp.postgres")}</p>}
            <Table id="limits" label={t("limits.rates")} columns={columns} rows={all} rowKey={(limit) => limit.id} {...(may ? { onOpen: setOpen } : {})} />
          </>
        )}
      </View>
      {open && <LimitDialog limit={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}
