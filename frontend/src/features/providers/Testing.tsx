import { useT } from "@/i18n";
import { Button, Spinner } from "@/ui";

/** A real call is under way: to whom, and a way to call it off. */
export function Testing({ name, onCancel }: { name: string; onCancel: () => void }) {
  const t = useT();
  return (
    <div className="flex items-center gap-2 text-sm text-muted">
      <Spinner />
      <p role="status" className="min-w-0 flex-1 wrap-anywhere">{t("providers.testing", { name })}</p>
      <Button size="sm" tone="ghost" onClick={onCancel}>{t("ui.cancel")}</Button>
    </div>
  );
}
