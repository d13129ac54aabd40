import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function ProvidersPage() {
  const t = useT();
  return (
    <Page title={t("providers.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
