import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function KeysPage() {
  const t = useT();
  return (
    <Page title={t("keys.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
