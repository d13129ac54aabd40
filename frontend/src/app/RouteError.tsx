import type { ErrorComponentProps } from "@tanstack/react-router";
import { problemOf, ProblemError } from "@/api";
import { useT } from "@/i18n";
import { Button, CopyButton, EmptyState, ErrorState } from "@/ui";

/** A page that broke while its shell still stands. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const t = useT();
  if (error instanceof ProblemError) return <ErrorState problem={problemOf(error)} onRetry={reset} />;
  return (
    <div role="alert">
      <EmptyState
        title={t("app.crash.title")}
        action={
          <>
            <CopyButton words size="md" label={t("app.crash.details")} text={() => `${error instanceof Error ? (error.stack ?? error.message) : String(error)}`} />
            <Button tone="primary" onClick={() => window.location.reload()}>
              {t("app.crash.reload")}
            </Button>
          </>
        }
      >
        {t("app.crash.text")}
      </EmptyState>
    </div>
  );
}
