import type { InferenceLog, LogPage } from "@/api";
import { useFormat, useT } from "@/i18n";
import { FamilyBadge, familyOf, type Column } from "@/ui";
import { CallState } from "./CallState";
import { Cost } from "./Cost";
import { Elapsed } from "./Elapsed";

type Totals = LogPage["totals"];

/** Newest first is what order means here, and more come while scrolling: no column sorts. */
export function useLogColumns(totals: Totals | undefined): Column<InferenceLog>[] {
  const t = useT();
  const format = useFormat();
  const count = (log: InferenceLog, n: number) => (log.state === "running" && n === 0 ? "–" : <>{log.estimated && <span title={t("logs.estimated")}>≈ </span>}{format.integer(n)}</>);
  const today = new Date().toDateString();
  const time = (at: string) => (new Date(at).toDateString() === today ? format.timeWithSeconds(at) : `${format.day(at)} ${format.time(at)}`);
  const columns: Column<InferenceLog>[] = [
    {
      id: "at", header: t("logs.at"), width: 108, fixed: true, value: (log) => log.at, total: totals && t("logs.calls", { count: totals.calls }),
      cell: (log) => <span className="num text-muted" title={format.full(log.at)}>{time(log.at)}</span>,
    },
    {
      id: "model", header: t("logs.model"), width: 176, grow: 3, value: (log) => log.model,
      cell: (log) => (
        <span className="flex min-w-0 items-center gap-2">
          <FamilyBadge family={familyOf(log.model)} />
          <bdi className="truncate font-medium">{log.model}</bdi>
        </span>
      ),
    },
    { id: "state", header: t("logs.state"), width: 104, value: (log) => log.state, cell: (log) => <CallState state={log.state} /> },
    { id: "caller", header: t("logs.caller"), width: 120, grow: 2, from: 640, value: (log) => log.key ?? log.user, cell: (log) => <bdi>{log.key ?? log.user ?? "–"}</bdi> },
    { id: "input", header: t("logs.input"), unit: t("logs.tokens"), align: "end", width: 104, from: 980, value: (log) => log.input_tokens, total: totals && format.integer(totals.input_tokens), cell: (log) => count(log, log.input_tokens) },
    { id: "output", header: t("logs.output"), unit: t("logs.tokens"), align: "end", width: 112, from: 760, value: (log) => log.output_tokens, total: totals && format.integer(totals.output_tokens), cell: (log) => count(log, log.output_tokens) },
    { id: "latency", header: t("logs.latency"), align: "end", width: 92, from: 480, value: (log) => log.latency_ms, cell: (log) => (log.state === "running" ? <Elapsed since={log.at} /> : format.timing(log.latency_ms)) },
    { id: "first", header: t("logs.first"), align: "end", width: 108, from: 860, value: (log) => log.first_token_ms, cell: (log) => (log.first_token_ms ? format.timing(log.first_token_ms) : "–") },
    { id: "cost", header: t("logs.cost"), align: "end", width: 96, from: 560, value: (log) => (log.unpriced ? undefined : log.cost_nano_usd / 1e9), total: totals && format.cost(totals.cost_nano_usd), cell: (log) => <Cost log={log} column /> },
    { id: "user", header: t("logs.user"), width: 130, grow: 1, hidden: true, value: (log) => log.user, cell: (log) => log.user ?? "–" },
    { id: "key", header: t("logs.key"), width: 130, grow: 1, hidden: true, value: (log) => log.key, cell: (log) => log.key ?? "–" },
    { id: "deployment", header: t("logs.deployment"), width: 140, grow: 1, hidden: true, value: (log) => log.deployment, cell: (log) => log.deployment },
    { id: "surface", header: t("logs.surface"), width: 110, hidden: true, value: (log) => log.surface, cell: (log) => t(`logs.surfaces.${log.surface}`, { defaultValue: log.surface }) },
    { id: "attempts", header: t("logs.attempts"), align: "end", width: 84, hidden: true, value: (log) => log.attempts, cell: (log) => format.integer(log.attempts) },
    { id: "error", header: t("logs.error"), width: 130, grow: 1, hidden: true, value: (log) => log.error_code, cell: (log) => <span className="font-mono text-xs">{log.error_code}</span> },
    { id: "request", header: t("logs.requestId"), width: 140, hidden: true, value: (log) => log.request_id, cell: (log) => <span className="font-mono text-xs text-muted">{log.request_id}</span> },
  ];
  return columns.map((column) => ({ ...column, sortable: false }));
}
