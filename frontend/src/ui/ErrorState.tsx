import { RotateCcw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { Button } from "./Button";
import { problemHint, problemMessage, type ProblemLike } from "./problemText";

interface Props {
  problem: ProblemLike;
  onRetry?: () => void;
  retrying?: boolean;
  action?: ReactNode;
  /** Inside something else rather than instead of it. */
  inline?: boolean;
}

/** What went wrong, what to do next, and the id to quote. */
export function ErrorState({ problem, onRetry, retrying = false, action, inline = false }: Props) {
  const t = useT();
  const hint = problemHint(problem);
  const retry = onRetry && (
    <Button size={inline ? "sm" : "md"} icon={<RotateCcw size={13} aria-hidden />} busy={retrying} onClick={onRetry}>
      {t("ui.tryAgain")}
    </Button>
  );
  const id = problem.id && <span className="font-mono text-2xs text-muted select-text">{t("ui.quote", { id: problem.id })}</span>;
  if (inline) {
    return (
      <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-md bg-danger/8 px-3 py-2 text-sm">
        <TriangleAlert size={15} className="shrink-0 text-danger" aria-hidden />
        <div className="min-w-40 flex-1">
          <span className="font-medium">{problemMessage(problem)}</span> {hint && <span className="text-muted">{hint}</span>} {id}
        </div>
        {retry}
        {action}
      </div>
    );
  }
  return (
    <div role="alert" className="flex min-h-60 flex-col items-center justify-center gap-1 px-6 py-12 text-center">
      <TriangleAlert size={20} className="mb-2 text-danger" aria-hidden />
      <h2 className="text-sm font-semibold text-balance">{problemMessage(problem)}</h2>
      {hint && <p className="max-w-[48ch] text-sm text-balance text-muted">{hint}</p>}
      {id}
      {(retry || action) && (
        <div className="mt-4 flex gap-2">
          {retry}
          {action}
        </div>
      )}
    </div>
  );
}
