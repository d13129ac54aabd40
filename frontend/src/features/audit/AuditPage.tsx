import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function AuditPage() {
  const t = useT();
  return (
    <Page title={t("audit.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
