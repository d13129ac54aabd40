import { useQuery } from "@tanstack/react-query";
import { CircleCheck, RotateCcw, TriangleAlert } from "lucide-react";
import { diagnosticsQuery, problemOf, type Diagnostics } from "@/api";
import { useT } from "@/i18n";
import { Button, CopyButton, Page, TableSkeleton, View } from "@/ui";

/** Self checks whose output can go into a ticket. */
export function DiagnosticsPage() {
  const t = useT();
  const query = useQuery(diagnosticsQuery());
  return (
    <Page
      narrow
      title={t("local.diagnostics.title")}
      lead={t("local.diagnostics.lead")}
      actions={
        <>
          <Button icon={<RotateCcw size={13} aria-hidden />} busy={query.isFetching} onClick={() => void query.refetch()}>
            {t("local.diagnostics.again")}
          </Button>
          {query.data && <CopyButton words size="md" label={t("local.diagnostics.copy")} text={() => asText(query.data)} />}
        </>
      }
    >
      <View query={query} problem={query.error ? problemOf(query.error) : undefined} skeleton={<TableSkeleton rows={6} columns={2} />}>
        {(found) => <Findings found={found} />}
      </View>
    </Page>
  );
}

function Findings({ found }: { found: Diagnostics }) {
  const t = useT();
  const bad = found.checks.filter((check) => !check.ok).length;
  // What needs attention comes first.
  const checks = [...found.checks].sort((a, b) => Number(a.ok) - Number(b.ok));
  return (
    <>
      <h2 className="text-sm font-semibold">{bad === 0 ? t("local.diagnostics.allFine") : t("local.diagnostics.problems", { count: bad })}</h2>
      <ul className="mt-2 divide-y divide-line border-y border-line">
        {checks.map((check) => (
          <li key={check.name} className="flex gap-3 py-2.5">
            {check.ok ? (
              <CircleCheck size={15} className="mt-0.5 shrink-0 text-ok" role="img" aria-label={t("local.diagnostics.ok")} />
            ) : (
              <TriangleAlert size={15} className="mt-0.5 shrink-0 text-warn" role="img" aria-label={t("local.diagnostics.bad")} />
            )}
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap gap-x-3">
                <span className="font-medium">{check.name}</span>
                <span className="min-w-0 wrap-anywhere text-muted">{check.finding}</span>
              </div>
              {check.next && (
                <p className="text-xs wrap-anywhere">
                  <span className="text-faint">{t("local.diagnostics.next")}: </span>
                  {check.next}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
      <h2 className="mt-8 text-sm font-semibold">{t("local.diagnostics.facts")}</h2>
      <dl className="mt-2 divide-y divide-line border-y border-line">
        {Object.entries({ version: found.version, ...found.facts }).map(([name, value]) => (
          <div key={name} className="flex flex-wrap gap-x-4 py-1.5">
            <dt className="w-44 shrink-0 text-muted">{name}</dt>
            <dd className="num min-w-0 flex-1 font-mono text-xs leading-5 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** English on purpose: it is read by whoever handles the ticket. */
function asText(found: Diagnostics): string {
  const checks = found.checks.map((c) => `[${c.ok ? "ok" : "!!"}] ${c.name}: ${c.finding}${c.next ? ` -> ${c.next}` : ""}`);
  const facts = Object.entries(found.facts).map(([name, value]) => `${name}: ${value}`);
  return [`NexusAI ${found.version}`, ...checks, "", ...facts].join("\n") + "\n";
}
