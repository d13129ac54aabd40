import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function LogsPage() {
  const t = useT();
  return (
    <Page title={t("logs.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
