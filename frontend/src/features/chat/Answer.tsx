import { RotateCcw, TriangleAlert } from "lucide-react";
import { memo } from "react";
import type { Message } from "@/api";
import { Markdown } from "@/features/markdown";
import { useFormat, useT } from "@/i18n";
import { useRuns } from "@/stream";
import { CopyButton, cx, FamilyBadge, familyOf, IconButton, problemHint, problemMessage, Tooltip } from "@/ui";
import { useChatActs } from "./ChatContext";
import { Versions } from "./Versions";

interface Props {
  message: Message;
  question: Message | undefined;
  versions: readonly string[];
  /** The newest: its actions stay in sight. */
  last: boolean;
}

/** A finished answer with what it cost and what can be done with it. */
export const Answer = memo(function Answer({ message, question, versions, last }: Props) {
  const t = useT();
  const format = useFormat();
  const acts = useChatActs();
  const model = message.model ?? "";
  const tokens = message.output_tokens ?? 0;
  return (
    <article aria-label={t("chat.answerFrom", { model })} className="group/message pt-3">
      <AnswerHead model={model} />
      {message.text !== "" && <Markdown text={message.text} />}
      <EndNote message={message} />
      <div className="mt-1.5 -ms-1.5 flex min-h-6 flex-wrap items-center gap-0.5 text-faint">
        <Versions parentId={message.parent_id ?? ""} id={message.id} versions={versions} />
        <span className={cx("flex items-center gap-0.5 transition-opacity", !last && "opacity-0 group-hover/message:opacity-100 has-focus-visible:opacity-100")}>
          <span className="flex">
            <CopyButton text={message.text} label={t("chat.copyAnswer")} />
            {question && (
              <IconButton size="sm" label={t("chat.regenerate")} disabled={!acts.idle} onClick={() => acts.regenerate(question)}>
                <RotateCcw size={14} aria-hidden />
              </IconButton>
            )}
          </span>
          <Tooltip content={<Facts message={message} />}>
            {/* The tooltip repeats in full what stands here; it can be reached by keyboard. */}
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <span tabIndex={0} className="num rounded-sm px-1 text-xs">
              {[format.time(message.created_at), tokens > 0 ? t("chat.tokens", { count: tokens }) : "", message.cost_nano_usd ? format.money(message.cost_nano_usd) : ""].filter(Boolean).join(" · ")}
            </span>
          </Tooltip>
        </span>
      </div>
    </article>
  );
});

export function AnswerHead({ model }: { model: string }) {
  return (
    <div className="mb-1.5 flex h-5 items-center gap-2 text-xs text-muted">
      <FamilyBadge family={familyOf(model)} />
      <h2 className="truncate font-medium">{model.replace(/^local\//, "")}</h2>
    </div>
  );
}

function EndNote({ message }: { message: Message }) {
  const t = useT();
  const runs = useRuns();
  if (message.finish === "stopped") return <p className="mt-2 text-xs text-faint">{t("chat.stopped")}</p>;
  if (message.finish === "length") return <p className="mt-2 text-xs text-warn">{t("chat.cutOff")}</p>;
  if (message.finish !== "error") return null;
  const code = message.error_code ?? "";
  const problem = runs.problem(message.id) ?? { code, detail: code };
  return (
    <p role="alert" className="mt-2 flex items-start gap-2 text-sm">
      <TriangleAlert size={14} className="mt-[3px] shrink-0 text-danger" aria-hidden />
      <span>
        {t("chat.failedAnswer")} <span className="text-muted">{problemMessage(problem)} {problemHint(problem)}</span>
      </span>
    </p>
  );
}

function Facts({ message }: { message: Message }) {
  const t = useT();
  const format = useFormat();
  return (
    <span className="num flex flex-col">
      <span>{format.full(message.created_at)}</span>
      <span className="text-muted">{t("chat.inputOutput", { input: format.integer(message.input_tokens ?? 0), output: format.integer(message.output_tokens ?? 0) })}</span>
      {message.cost_nano_usd ? <span className="text-muted">{format.money(message.cost_nano_usd)}</span> : null}
    </span>
  );
}
