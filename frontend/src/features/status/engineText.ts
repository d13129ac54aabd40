import type { EngineStatus } from "@/api";
import type { Format, T } from "@/i18n";

/** The local engine in words: a line for the bar and a sentence for its detail. */
export function engineText(engine: EngineStatus, t: T, format: Format): { label: string; detail: string } {
  const model = engine.model ?? "";
  const counted = engine.total !== undefined && engine.total > 0;
  const done = engine.done ?? 0;
  const total = engine.total ?? 0;
  switch (engine.state) {
    case "absent":
      return { label: t("local.engine.absent"), detail: engine.detail ?? t("local.engine.absentText") };
    case "building":
      return {
        label: counted ? t("local.engine.buildingN", { done: format.integer(done), total: format.integer(total) }) : t("local.engine.building"),
        detail: t("local.engine.buildingText"),
      };
    case "fetching":
      return {
        label: counted ? t("local.engine.fetchingN", { percent: format.percent(Math.floor((done / total) * 100) / 100) }) : t("local.engine.fetching"),
        detail: counted ? t("local.engine.fetchingText", { done: format.bytes(done), total: format.bytes(total) }) : (engine.detail ?? ""),
      };
    case "starting":
      return { label: t("local.engine.starting"), detail: t("local.engine.startingText") };
    case "ready":
      return { label: t("local.engine.ready", { model }), detail: t("local.engine.readyText", { model }) };
    case "stopped":
      return { label: t("local.engine.stopped"), detail: t("local.engine.stoppedText") };
    case "failed":
      return { label: t("local.engine.failed"), detail: [engine.detail, t("local.engine.failedText")].filter(Boolean).join(" ") };
    default:
      engine.state satisfies never;
      return { label: model, detail: engine.detail ?? "" };
  }
}
