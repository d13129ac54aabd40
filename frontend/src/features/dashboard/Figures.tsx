import type { ReactNode } from "react";
import type { Dashboard } from "@/api";
import { useFormat, useT } from "@/i18n";
import { cx, Dot } from "@/ui";

/** The range in eight numbers, what happens now first. */
export function Figures({ data }: { data: Dashboard }) {
  const t = useT();
  const format = useFormat();
  const none = data.calls === 0;
  const share = none ? 0 : data.failed / data.calls;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line hairline sm:grid-cols-4 lg:grid-cols-8">
      <Figure name={t("dashboard.running")} below={t("dashboard.now")} live={data.running > 0}>
        {format.integer(data.running)}
      </Figure>
      <Figure name={t("dashboard.calls")} title={format.integer(data.calls)}>
        {amount(format, data.calls)}
      </Figure>
      <Figure name={t("dashboard.failed")} below={t("dashboard.failedOf", { count: data.failed })} bad={data.failed > 0}>
        {none ? "–" : format.percent(share)}
      </Figure>
      <Figure name={t("dashboard.output")} title={format.integer(data.output_tokens)} below={t("dashboard.input", { n: amount(format, data.input_tokens) })}>
        {amount(format, data.output_tokens)}
      </Figure>
      <Figure name={t("dashboard.cost")} below={none ? undefined : t("dashboard.perCall", { cost: format.money(data.cost_nano_usd / data.calls) })}>
        {format.money(data.cost_nano_usd)}
      </Figure>
      <Figure name={t("dashboard.latency")} below={none ? undefined : t("dashboard.p95", { time: format.duration(data.p95_ms) })}>
        {none ? "–" : format.duration(data.p50_ms)}
      </Figure>
      <Figure name={t("dashboard.first")} below={none ? undefined : t("dashboard.median")}>{none || data.first_token_p50_ms === 0 ? "–" : format.duration(data.first_token_p50_ms)}</Figure>
      <Figure name={t("dashboard.users")} below={t("dashboard.usersText")}>
        {format.integer(data.active_users)}
      </Figure>
    </dl>
  );
}

const amount = (format: ReturnType<typeof useFormat>, n: number) => (n < 100_000 ? format.integer(n) : format.compact(n));

function Figure({ name, below, title, live = false, bad = false, children }: { name: string; below?: string | undefined; title?: string; live?: boolean; bad?: boolean; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col bg-bg px-3.5 py-3">
      <dt className="truncate text-xs text-muted" title={name}>{name}</dt>
      <dd className="min-w-0">
        <span className="num flex items-center gap-2 truncate text-xl font-semibold tracking-[-0.015em]" title={title}>
          {children}
          {live && <Dot tone="accent" />}
        </span>
        <span className={cx("num block truncate text-xs", bad ? "text-danger" : "text-faint")} title={below}>{below ?? "\u00a0"}</span>
      </dd>
    </div>
  );
}
