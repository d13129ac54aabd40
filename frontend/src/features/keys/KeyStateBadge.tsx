import { useT } from "@/i18n";
import { Badge, type Tone } from "@/ui";
import type { KeyState } from "./keyState";

const tones: Record<KeyState, Tone> = { active: "ok", ending: "warn", expired: "neutral", revoked: "neutral" };

export function KeyStateBadge({ state }: { state: KeyState }) {
  const t = useT();
  return <Badge tone={tones[state]}>{t(`keys.${state}`)}</Badge>;
}
