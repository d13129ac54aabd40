import type { Deployment } from "@/api";
import { useFormat, useT } from "@/i18n";
import { FamilyBadge, familyOf, type Column } from "@/ui";
import { Health } from "./Health";
import { priceLine } from "./price";

export function useDeploymentColumns(): Column<Deployment>[] {
  const t = useT();
  const format = useFormat();
  const benched = (one: Deployment) => one.health.benched.length;
  return [
    {
      id: "model", header: t("logs.model"), width: 160, grow: 3, fixed: true, value: (one) => one.model,
      cell: (one) => (
        <span className="flex min-w-0 items-center gap-2" title={one.upstream === one.model ? undefined : `${t("providers.upstream")}: ${one.upstream}`}>
          <FamilyBadge family={familyOf(one.upstream)} />
          <bdi className="truncate font-medium">{one.model}</bdi>
        </span>
      ),
    },
    { id: "provider", header: t("providers.provider"), width: 130, grow: 2, from: 560, value: (one) => one.provider, cell: (one) => <bdi>{one.provider}</bdi> },
    { id: "health", header: t("providers.health"), width: 130, value: (one) => one.health.state, cell: (one) => <Health deployment={one} /> },
    { id: "load", header: t("providers.inFlight"), align: "end", width: 96, from: 640, value: (one) => one.health.in_flight, cell: (one) => <>{format.integer(one.health.in_flight)}{one.health.waiting ? <span className="text-warn" title={t("providers.waitingThere", { n: format.integer(one.health.waiting) })}> +{format.integer(one.health.waiting)}</span> : null}</> },
    { id: "first", header: t("logs.first"), align: "end", width: 112, from: 760, value: (one) => one.health.first_token_ms, cell: (one) => (one.health.first_token_ms === undefined ? "–" : format.timing(one.health.first_token_ms)) },
    { id: "keys", header: t("providers.benchedKeys"), align: "end", width: 136, from: 940, value: benched, cell: (one) => (benched(one) === 0 ? "–" : <span className="text-warn" title={one.health.benched.map((key) => `${key.key}: ${format.full(key.until)}`).join("\n")}>{format.integer(benched(one))}</span>) },
    { id: "error", header: t("providers.lastErrors"), width: 150, grow: 2, from: 1080, value: (one) => one.health.errors[0]?.code, cell: (one) => (one.health.errors[0] ? <span className="font-mono text-xs text-muted" title={`${format.full(one.health.errors[0].at)} ${one.health.errors[0].detail ?? ""}`}>{one.health.errors[0].code}</span> : "–") },
    { id: "region", header: t("providers.region"), width: 80, hidden: true, value: (one) => one.region, cell: (one) => one.region || "–" },
    { id: "priority", header: t("providers.priority"), align: "end", width: 90, hidden: true, value: (one) => one.priority, cell: (one) => format.integer(one.priority) },
    { id: "weight", header: t("providers.weight"), align: "end", width: 90, hidden: true, value: (one) => one.weight, cell: (one) => format.integer(one.weight) },
    { id: "price", header: t("providers.price"), width: 150, hidden: true, value: (one) => one.price.input_nano_usd, cell: (one) => priceLine(one.price, t, format) },
  ];
}
