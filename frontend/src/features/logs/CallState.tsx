import type { InferenceLog } from "@/api";
import { useT } from "@/i18n";
import { Dot, type Tone } from "@/ui";

const tones: Record<InferenceLog["state"], Tone> = { running: "accent", ok: "ok", stopped: "neutral", failed: "danger" };

export function CallState({ state }: { state: InferenceLog["state"] }) {
  const t = useT();
  return (
    <span className="flex items-center gap-2">
      <Dot tone={tones[state] ?? "neutral"} />
      <span className={`truncate ${state === "failed" ? "text-danger" : state === "running" ? "font-medium text-accent-text" : "text-muted"}`}>{t(`logs.${state}`, { defaultValue: state })}</span>
    </span>
  );
}
