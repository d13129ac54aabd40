import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function DashboardPage() {
  const t = useT();
  return (
    <Page title={t("dashboard.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
