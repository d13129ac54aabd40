import type { User } from "@/api";
import { useT } from "@/i18n";
import { Badge, type Tone } from "@/ui";

const tones: Record<User["state"], Tone> = { active: "ok", invited: "info", disabled: "neutral" };

export function StateBadge({ state }: { state: User["state"] }) {
  const t = useT();
  return <Badge tone={tones[state] ?? "neutral"}>{t(`users.${state}`, { defaultValue: state })}</Badge>;
}
