import { useQuery } from "@tanstack/react-query";
import { Tags } from "lucide-react";
import { pricesQuery, problemOf, type PricedModel } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useFormat, useT } from "@/i18n";
import { Badge, EmptyState, FamilyBadge, familyOf, Table, TableSkeleton, View, type Column } from "@/ui";
import { priceKey } from "./price";
import { PriceDrawer } from "./PriceDrawer";

/** What a million tokens cost at each provider, and since when. */
export function PricesView() {
  const t = useT();
  const prices = useQuery(pricesQuery());
  const columns = useColumns();
  const [openKey, setOpenKey] = useUrlState("open");
  const open = prices.data?.find((model) => priceKey(model) === openKey);
  return (
    <>
      <View
        query={prices}
        problem={prices.error ? problemOf(prices.error) : undefined}
        skeleton={<TableSkeleton rows={8} columns={5} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Tags size={20} aria-hidden />} title={t("providers.noPrices")}>{t("providers.noPricesText")}</EmptyState>}
      >
        {(all) => <Table id="prices" label={t("providers.prices")} columns={columns} rows={all} rowKey={priceKey} openKey={openKey} onOpen={(model) => setOpenKey(priceKey(model))} />}
      </View>
      {open && <PriceDrawer key={openKey} model={open} onClose={() => setOpenKey(undefined)} />}
    </>
  );
}

function useColumns(): Column<PricedModel>[] {
  const t = useT();
  const format = useFormat();
  const money = (nano: number | undefined) => (nano === undefined ? "–" : format.price(nano));
  return [
    {
      id: "model", header: t("logs.model"), width: 160, grow: 3, fixed: true, value: (model) => model.upstream,
      cell: (model) => (
        <span className="flex min-w-0 items-center gap-2">
          <FamilyBadge family={familyOf(model.upstream)} />
          <bdi className="truncate font-medium">{model.upstream}</bdi>
        </span>
      ),
    },
    { id: "provider", header: t("providers.provider"), width: 130, grow: 2, from: 560, value: (model) => model.provider, cell: (model) => <bdi>{model.provider || t("providers.removedProvider")}</bdi> },
    { id: "source", header: t("providers.priceSource"), width: 150, from: 720, value: (model) => model.now.source, cell: (model) => <Badge tone={model.now.source === "unknown" ? "warn" : model.now.source === "override" ? "accent" : "neutral"}>{t(`providers.sources.${model.now.source}`, { defaultValue: model.now.source })}</Badge> },
    { id: "input", header: t("logs.input"), unit: t("providers.aMillion"), align: "end", width: 128, value: (model) => dollars(model.now.input_nano_usd), cell: (model) => money(model.now.input_nano_usd) },
    { id: "cached", header: t("logs.cached"), unit: t("providers.aMillion"), align: "end", width: 156, from: 940, value: (model) => dollars(model.now.cached_nano_usd), cell: (model) => money(model.now.cached_nano_usd) },
    { id: "output", header: t("logs.output"), unit: t("providers.aMillion"), align: "end", width: 128, from: 480, value: (model) => dollars(model.now.output_nano_usd), cell: (model) => money(model.now.output_nano_usd) },
    { id: "changes", header: t("providers.changes"), align: "end", width: 96, from: 720, value: (model) => model.history.length, cell: (model) => format.integer(model.history.length) },
  ];
}

const dollars = (nano: number | undefined) => (nano === undefined ? undefined : nano / 1e9);
