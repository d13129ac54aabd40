import { CircleCheck, TriangleAlert } from "lucide-react";
import type { RouteAnswer, RouteCandidate } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Badge, cx, problemHint, problemMessage } from "@/ui";

/** Who would be asked first, who after that, and who is passed over and why. */
export function RouteResult({ answer }: { answer: RouteAnswer }) {
  const t = useT();
  const format = useFormat();
  const chosen = answer.candidates.find((one) => one.deployment_id === answer.chosen && (!answer.chosen_key || one.key_id === answer.chosen_key));
  return (
    <section aria-label={t("providers.explainResult")} className="flex flex-col gap-4">
      <div role="status" className={cx("flex items-start gap-2.5 rounded-md px-3 py-2.5 text-sm", answer.problem ? "bg-danger/8" : "bg-ok/8")}>
        {answer.problem ? <TriangleAlert size={16} className="mt-0.5 shrink-0 text-danger" aria-hidden /> : <CircleCheck size={16} className="mt-0.5 shrink-0 text-ok" aria-hidden />}
        <div className="min-w-0 wrap-anywhere">
          {answer.problem ? (
            <>
              <p className="font-medium">{problemMessage(answer.problem)}</p>
              <p className="text-muted">{answer.problem.detail} {problemHint(answer.problem)}</p>
            </>
          ) : (
            <p>
              <span className="font-medium">{t("providers.wouldAnswer", { name: chosen?.deployment ?? answer.chosen ?? "" })}</span> {chosen?.key && <span className="text-muted">{t("logs.withKey", { key: chosen.key })}</span>}
            </p>
          )}
          {answer.alias && <p className="text-muted">{t("providers.aliasOf", { name: answer.alias.name, models: format.list(answer.alias.targets) })}</p>}
          {answer.larger && <p className="text-muted">{t("providers.largerIs", { model: answer.larger })}</p>}
        </div>
      </div>
      <ol aria-label={t("providers.candidates")} className="rounded-lg hairline">
        {answer.candidates.map((one, index) => (
          <Candidate key={`${one.deployment_id} ${one.key_id ?? index}`} candidate={one} place={one.qualifies ? index + 1 : undefined} chosen={one === chosen} />
        ))}
      </ol>
    </section>
  );
}

function Candidate({ candidate: one, place, chosen }: { candidate: RouteCandidate; place: number | undefined; chosen: boolean }) {
  const t = useT();
  const format = useFormat();
  const facts = [
    one.key ? t("logs.withKey", { key: one.key }) : "",
    one.region ?? "",
    t("providers.orderText", { priority: one.priority, weight: one.weight }),
    t("providers.inFlightNow", { n: format.integer(one.in_flight) }),
    one.first_token_ms === undefined ? "" : t("logs.firstAfter", { time: format.duration(one.first_token_ms) }),
    one.score === undefined ? "" : t("providers.score", { n: format.duration(one.score) }),
    one.affine ? t("providers.affine") : "",
    one.qualifies ? (one.translated ? t("logs.translated") : t("logs.passedOn")) : "",
  ].filter(Boolean);
  return (
    <li className={cx("flex gap-3 border-b border-line px-3 py-2.5 last:border-0", chosen && "bg-accent/8")}>
      <span className="num w-5 shrink-0 pt-0.5 text-xs text-faint">{place ?? "–"}</span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <bdi className={cx("min-w-0 text-sm wrap-anywhere", one.qualifies ? "font-medium" : "text-muted")}>{one.deployment}</bdi>
          {chosen && <Badge tone="accent">{t("providers.chosen1")}</Badge>}
          {one.why && !one.affine && <span className="text-xs text-muted">{t(`logs.whys.${one.why}`, { defaultValue: one.why })}</span>}
          {one.reason && <Badge tone="warn">{t(`providers.reasons.${one.reason}`, { defaultValue: one.reason })}</Badge>}
        </div>
        <p className="num text-xs text-muted">{facts.join(" · ")}</p>
        {one.losses && one.losses.length > 0 && <p className="text-xs wrap-anywhere text-warn">{t("logs.lost")} {one.losses.join(", ")}</p>}
      </div>
    </li>
  );
}
