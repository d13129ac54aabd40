import { RotateCcw } from "lucide-react";
import { useFormat, useT } from "@/i18n";
import { Button } from "./Button";
import { Dot } from "./Badge";
import { problemMessage, type ProblemLike } from "./problemText";

/** Old data under a line that says how old it is and why it is not newer. */
export function StaleBar({ since, problem, onRetry, retrying = false }: { since: number | Date; problem?: ProblemLike | undefined; onRetry?: () => void; retrying?: boolean }) {
  const t = useT();
  const format = useFormat();
  return (
    <div role="status" className="flex min-h-8 items-center gap-2 border-b border-line bg-warn/8 px-4 py-1 text-xs">
      <Dot tone="warn" />
      <span className="min-w-0 flex-1">
        {t("ui.stale", { time: format.time(since) })} {problem && <span className="text-muted">{problemMessage(problem)}</span>}
      </span>
      {onRetry && (
        <Button size="sm" tone="ghost" icon={<RotateCcw size={12} aria-hidden />} busy={retrying} onClick={onRetry}>
          {t("ui.tryAgain")}
        </Button>
      )}
    </div>
  );
}
