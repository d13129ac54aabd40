import type { ReactNode } from "react";
import { useNow } from "@/app/useNow";
import { useFormat, useT } from "@/i18n";
import { Tooltip } from "@/ui";
import { isRunning, rateOf, type Lane } from "./lane";
import type { CallCost } from "./useCallCost";

export interface Best {
  first: boolean;
  rate: boolean;
  cost: boolean;
}

/** Time, speed and cost of an answer; the best of the contest is named, not only coloured. */
export function LaneFigures({ lane, cost, best }: { lane: Lane; cost: CallCost; best: Best }) {
  const t = useT();
  const format = useFormat();
  const rate = rateOf(lane);
  return (
    <dl className="grid grid-cols-2 gap-px border-b border-line bg-line @min-[320px]:grid-cols-[1fr_1fr_0.85fr_1.2fr]">
      <Figure name={t("playground.first")} best={best.first && t("playground.quickest")}>{lane.firstMs === undefined ? "–" : format.timing(lane.firstMs)}</Figure>
      <Figure name={t("playground.rate")} best={best.rate && t("playground.fastest")}>{rate === undefined ? "–" : format.decimal(rate)}</Figure>
      <Figure name={t("playground.total")}>{isRunning(lane) ? <Since at={lane.startedAt ?? 0} /> : lane.totalMs === undefined ? "–" : format.timing(lane.totalMs)}</Figure>
      <Figure name={t("playground.cost")} best={best.cost && t("playground.cheapest")}>
        {cost.unpriced ? (
          <Tooltip content={t("logs.unpricedHelp")}>
            <button type="button" className="rounded-sm text-warn">{t("logs.unpriced")}</button>
          </Tooltip>
        ) : cost.nanoUsd === undefined ? (
          "–"
        ) : cost.approximate ? (
          <Tooltip content={t("logs.estimated")}>
            <button type="button" className="rounded-sm">≈ {format.money(cost.nanoUsd)}</button>
          </Tooltip>
        ) : (
          format.money(cost.nanoUsd)
        )}
      </Figure>
    </dl>
  );
}

function Since({ at }: { at: number }) {
  const format = useFormat();
  const now = useNow(250);
  return <>{format.timing(Math.max(0, now.getTime() - at))}</>;
}

function Figure({ name, best, children }: { name: string; best?: string | false; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col bg-bg px-2 py-2">
      <dt className="truncate text-xs text-muted" title={name}>{name}</dt>
      <dd className="num truncate text-sm font-medium">{children}</dd>
      <dd className="h-4 truncate text-2xs text-ok">{best || ""}</dd>
    </div>
  );
}
