import type { Deployment } from "@/api";
import { useT } from "@/i18n";
import { Dot, type Tone } from "@/ui";

const tones: Record<Deployment["health"]["state"], Tone> = { ready: "ok", starting: "info", unready: "danger", disabled: "neutral", untested: "warn" };

/** A deployment's state in one word: what keeps it from answering comes first. */
export function Health({ deployment }: { deployment: Deployment }) {
  const t = useT();
  const { health } = deployment;
  if (deployment.enabled && health.ejected) return <State tone="danger">{t("providers.ejected")}</State>;
  if (deployment.enabled && health.circuit !== "closed") return <State tone={health.circuit === "open" ? "danger" : "warn"}>{t(`providers.circuitShort.${health.circuit}`)}</State>;
  return <State tone={tones[health.state] ?? "neutral"}>{t(`providers.state.${health.state}`, { defaultValue: health.state })}</State>;
}

function State({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className="flex min-w-0 items-center gap-2">
      <Dot tone={tone} />
      <span className={`truncate ${tone === "danger" ? "text-danger" : tone === "neutral" ? "text-muted" : ""}`}>{children}</span>
    </span>
  );
}
