import { useQuery } from "@tanstack/react-query";
import { contentPolicyQuery, problemOf } from "@/api";
import { useT } from "@/i18n";
import { Dialog, ErrorState, TableSkeleton } from "@/ui";
import { ContentPolicyForm } from "./ContentPolicyForm";

/** Whether prompts and answers are kept, for how long and for whom. */
export function ContentPolicyDialog({ onClose }: { onClose: () => void }) {
  const t = useT();
  const query = useQuery(contentPolicyQuery());
  if (query.data) return <ContentPolicyForm policy={query.data} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title={t("logs.policy.title")} description={t("logs.policy.text")}>
      {query.isPending ? <TableSkeleton rows={4} columns={1} /> : <ErrorState inline problem={problemOf(query.error)} onRetry={() => void query.refetch()} retrying={query.isFetching} />}
    </Dialog>
  );
}
