import { useMe } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useFormat, useT } from "@/i18n";
import { CopyButton } from "@/ui";
import { modelsOf } from "./chosen";
import { comparisonText } from "./comparison";
import { isOver, rateOf, type Lane } from "./lane";
import { sessionOf } from "./session";
import { useOutcomes } from "./useLane";

/** Question and answers as Markdown on the clipboard, once there is an answer. */
export function CopyComparison() {
  const t = useT();
  const format = useFormat();
  const session = sessionOf(useMe().user_id);
  const [named] = useUrlState("models");
  const chosen = named ? modelsOf(named) : session.contest.models();
  useOutcomes(session.contest, chosen);
  const over = chosen.map((model) => ({ model, lane: session.contest.lane(model) })).filter(({ lane }) => isOver(lane));
  if (over.length === 0) return null;
  const figures = (lane: Lane) => {
    const rate = rateOf(lane);
    return [
      lane.firstMs === undefined ? "" : `${t("playground.first")}: ${format.duration(lane.firstMs)}`,
      rate === undefined ? "" : `${t("playground.rate")}: ${format.decimal(rate)}`,
      lane.totalMs === undefined ? "" : `${t("playground.total")}: ${format.duration(lane.totalMs)}`,
    ].filter(Boolean);
  };
  return <CopyButton words size="md" label={t("playground.copyAll")} text={() => comparisonText(session.draft().prompt, over.map((one) => ({ ...one, figures: figures(one.lane) })))} />;
}
