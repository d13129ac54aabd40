import { Link } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui";

export function NotFound() {
  const t = useT();
  return (
    <EmptyState
      title={t("app.notFound.title")}
      action={
        <Link to="/" className="text-sm font-medium text-accent-text hover:underline">
          {t("app.notFound.action")}
        </Link>
      }
    />
  );
}
