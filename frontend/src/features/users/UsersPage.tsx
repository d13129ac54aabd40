import { useT } from "@/i18n";
import { Page, TableSkeleton } from "@/ui";

export function UsersPage() {
  const t = useT();
  return (
    <Page title={t("users.title")} fill>
      <TableSkeleton />
    </Page>
  );
}
