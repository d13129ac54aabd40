import { Link } from "@tanstack/react-router";
import type { EngineStatus } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Dot, PopoverClose, type Tone } from "@/ui";
import { engineText } from "./engineText";
import { StatusPart } from "./StatusPart";

const tones: Record<EngineStatus["state"], Tone> = { absent: "neutral", building: "info", fetching: "info", starting: "info", ready: "ok", stopped: "neutral", failed: "danger" };

export function EnginePart({ engine }: { engine: EngineStatus }) {
  const t = useT();
  const format = useFormat();
  const text = engineText(engine, t, format);
  const moving = engine.state === "building" || engine.state === "fetching" || engine.state === "starting";
  return (
    <StatusPart
      label={t("local.engine.label")}
      text={text.label}
      dot={<Dot tone={tones[engine.state]} pulse={moving} />}
      detail={
        <>
          <div className="text-sm font-medium wrap-anywhere">{text.label}</div>
          <p className="mt-1 text-xs wrap-anywhere text-muted">{text.detail}</p>
          {moving && engine.total ? (
            <div role="progressbar" aria-label={t("local.engine.progress")} aria-valuemin={0} aria-valuemax={engine.total} aria-valuenow={engine.done ?? 0} className="mt-3 h-0.5 overflow-hidden rounded-full bg-text/10">
              <div className="h-full bg-accent-text" style={{ width: `${Math.min(100, ((engine.done ?? 0) / engine.total) * 100)}%` }} />
            </div>
          ) : null}
          <PopoverClose asChild>
            <Link to={"/diagnostics" as never} className="mt-3 inline-block text-xs font-medium text-accent-text hover:underline">
              {t("local.engine.openDiagnostics")}
            </Link>
          </PopoverClose>
        </>
      }
    />
  );
}
