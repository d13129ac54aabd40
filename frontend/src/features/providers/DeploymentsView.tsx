import { useQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { deploymentsQuery, problemOf } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { EmptyState, Table, TableSkeleton, View } from "@/ui";
import { DeploymentDrawer } from "./DeploymentDrawer";
import { useDeploymentColumns } from "./useDeploymentColumns";

/** Load and circuits move without a hint; ms between looks. */
const renew = 5_000;

/** Each model at each provider, and how it is doing now. */
export function DeploymentsView() {
  const t = useT();
  const [openId, setOpenId] = useUrlState("open");
  const deployments = useQuery({ ...deploymentsQuery(), refetchInterval: renew });
  const columns = useDeploymentColumns();
  const open = deployments.data?.find((one) => one.id === openId);
  return (
    <>
      <View
        query={deployments}
        problem={deployments.error ? problemOf(deployments.error) : undefined}
        skeleton={<TableSkeleton rows={8} columns={6} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Server size={20} aria-hidden />} title={t("providers.noDeployments")}>{t("providers.noDeploymentsText")}</EmptyState>}
      >
        {(all) => <Table id="deployments" label={t("providers.deployments")} columns={columns} rows={all} rowKey={(one) => one.id} openKey={openId} onOpen={(one) => setOpenId(one.id)} />}
      </View>
      {open && <DeploymentDrawer key={open.id} deployment={open} onClose={() => setOpenId(undefined)} />}
    </>
  );
}
