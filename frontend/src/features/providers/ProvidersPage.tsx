import { Plus } from "lucide-react";
import { useState } from "react";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, Page, Segmented, Select, useMedia } from "@/ui";
import { AliasesView } from "./AliasesView";
import { DeploymentsView } from "./DeploymentsView";
import { ExplainView } from "./ExplainView";
import { PricesView } from "./PricesView";
import { ProviderList } from "./ProviderList";

const views = ["providers", "deployments", "aliases", "prices", "explain"] as const;

/** Where models run, how they do, by which names they are asked, what they cost and who would answer. */
export function ProvidersPage() {
  const t = useT();
  const may = useCan("providers.write");
  const [raw, setView] = useUrlState("view");
  const view = views.find((one) => one === raw) ?? "providers";
  const [adding, setAdding] = useState(false);
  const narrow = useMedia("(max-width: 899px)");
  const choose = (next: string) => setView(next === "providers" ? undefined : next);
  const options = views.map((value) => ({ value: value as string, label: t(`providers.views.${value}`) }));
  return (
    <Page
      title={t("providers.title")}
      lead={narrow ? undefined : t(`providers.leads.${view}`)}
      fill
      actions={
        <>
          {narrow ? (
            <Select aria-label={t("providers.view")} value={view as string} onChange={choose} options={options} className="!w-44" />
          ) : (
            <Segmented label={t("providers.view")} value={view as string} onChange={choose} options={options} />
          )}
          {view === "providers" && may && (
            <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setAdding(true)}>
              {t("providers.add")}
            </Button>
          )}
        </>
      }
    >
      {view === "providers" && <ProviderList adding={adding} onAdd={() => setAdding(true)} onAdded={() => setAdding(false)} />}
      {view === "deployments" && <DeploymentsView />}
      {view === "aliases" && <AliasesView />}
      {view === "prices" && <PricesView />}
      {view === "explain" && <ExplainView />}
    </Page>
  );
}
