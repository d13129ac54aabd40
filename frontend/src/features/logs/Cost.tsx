import type { InferenceLog } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Tooltip } from "@/ui";

/** What a call cost; an unknown price is said, not shown as nothing. In a column the decimals stand below each other. */
export function Cost({ log, column = false }: { log: InferenceLog; column?: boolean }) {
  const t = useT();
  const format = useFormat();
  if (!log.unpriced) return <>{log.state === "running" ? "–" : (column ? format.cost : format.money)(log.cost_nano_usd)}</>;
  return (
    <Tooltip content={t("logs.unpricedHelp")}>
      <span className="text-warn">{t("logs.unpriced")}</span>
    </Tooltip>
  );
}
