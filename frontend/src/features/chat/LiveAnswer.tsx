import { useEffect } from "react";
import { Markdown } from "@/features/markdown";
import { useT } from "@/i18n";
import { useRunFor, useRuns } from "@/stream";
import { ErrorState, Button } from "@/ui";
import { AnswerHead } from "./Answer";
import { useChatActs } from "./ChatContext";
import { Versions } from "./Versions";

interface Props {
  conversationId: string;
  versions: readonly string[];
  /** Told after every commit, so that the thread can follow the end. */
  onGrow: () => void;
}

/** The answer being written: the only thing on the page that listens to the stream. */
export function LiveAnswer({ conversationId, versions, onGrow }: Props) {
  const t = useT();
  const acts = useChatActs();
  const runs = useRuns();
  const run = useRunFor(conversationId);
  const length = run?.text.length ?? 0;
  useEffect(onGrow, [length, onGrow]);
  if (!run) return null;
  return (
    <article aria-label={t("chat.answerFrom", { model: run.model })} aria-busy={run.state === "running"} className="pt-3">
      <AnswerHead model={run.model} />
      {run.text === "" && run.state === "running" ? (
        <div role="status" aria-label={t("chat.thinking")} className="flex h-[25px] items-center">
          <span className="h-[1.1em] w-[2px] animate-caret bg-accent-text" aria-hidden />
        </div>
      ) : (
        <Markdown text={run.text} live={run.state === "running"} />
      )}
      {run.state === "failed" && run.problem && (
        <div className="mt-3">
          <ErrorState inline problem={run.problem} action={<Button size="sm" tone="ghost" onClick={() => runs.forget(run.id)}>{t("ui.close")}</Button>} />
        </div>
      )}
      <div className="mt-1.5 -ms-1.5 flex h-6 items-center">{acts.idle ? null : <Versions parentId={run.messageId} id={run.answerId} versions={versions} />}</div>
    </article>
  );
}
