import { useMemo } from "react";
import type { Model } from "@/api";
import { useFormat, useT } from "@/i18n";
import { cx, EmptyState } from "@/ui";
import type { Contest } from "./contest";
import { bestOf, costOf, isOver, rateOf } from "./lane";
import { LaneView } from "./LaneView";
import { useOutcomes } from "./useLane";

interface Props {
  contest: Contest;
  chosen: readonly string[];
  models: readonly Model[];
  onAgain: (model: string) => void;
}

const columns = ["", "md:grid-cols-1", "md:grid-cols-2", "md:grid-cols-2 lg:grid-cols-3", "md:grid-cols-2 lg:grid-cols-4"];

/** The answers side by side; below 900 px one under the other. */
export function Lanes({ contest, chosen, models, onAgain }: Props) {
  const t = useT();
  const format = useFormat();
  const outcomes = useOutcomes(contest, chosen);
  const listed = (id: string) => models.find((model) => model.id === id);
  const best = useMemo(() => {
    void outcomes; // the figures below change with it
    const lanes = chosen.map((model) => [model, contest.lane(model)] as const);
    const of = (figure: (model: string) => number | undefined, highest = false) => bestOf(new Map(lanes.map(([model]) => [model, figure(model)])), highest);
    const done = (model: string) => contest.lane(model).state === "done";
    return {
      first: of((model) => contest.lane(model).firstMs),
      rate: of((model) => (done(model) ? rateOf(contest.lane(model)) : undefined), true),
      cost: of((model) => (done(model) ? costOf(contest.lane(model)) : undefined)),
      over: lanes.filter(([, lane]) => isOver(lane)),
    };
  }, [outcomes, contest, chosen]);
  if (chosen.length === 0) return <EmptyState title={t("playground.noneChosen")}>{t("playground.noneChosenText")}</EmptyState>;
  return (
    <>
      <div className={cx("grid min-h-0 flex-1 gap-px bg-line max-md:flex-none", chosen.length > 2 && "md:max-lg:auto-rows-fr", columns[chosen.length])}>
        {chosen.map((model) => (
          <LaneView key={model} contest={contest} model={model} listed={listed(model)} best={{ first: best.first.has(model), rate: best.rate.has(model), cost: best.cost.has(model) }} onAgain={() => onAgain(model)} />
        ))}
      </div>
      {/* Read aloud once per answer, not per token. */}
      <div role="log" aria-label={t("playground.outcomes")} className="sr-only">
        {best.over.map(([model, lane]) => (
          <p key={model}>{lane.state === "done" ? t("playground.doneIn", { model, time: format.duration(lane.totalMs ?? 0) }) : t(`playground.${lane.state === "failed" ? "failedOf" : "stoppedOf"}`, { model })}</p>
        ))}
      </div>
    </>
  );
}
