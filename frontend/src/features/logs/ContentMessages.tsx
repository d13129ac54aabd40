import type { CallContents } from "@/api";
import { useT } from "@/i18n";
import { ContentTurn } from "./ContentTurn";

/** A prompt and its answers, oldest first. */
export function ContentMessages({ contents }: { contents: CallContents }) {
  const t = useT();
  const many = contents.answers.length > 1;
  return (
    <div className="flex flex-col gap-4">
      <section aria-label={t("logs.content.prompt")} className="flex flex-col gap-2">
        <h4 className="text-xs font-medium text-muted">{t("logs.content.prompt")}</h4>
        {contents.prompt_cut && !contents.prompt.some((turn) => turn.cut) && <p className="text-xs text-warn">{t("logs.content.promptCut")}</p>}
        {contents.prompt.length === 0 && <p className="text-xs text-muted">{t("logs.content.noPrompt")}</p>}
        {contents.prompt.map((turn, i) => (
          <ContentTurn key={i} turn={turn} name={t(`logs.content.roles.${turn.role as "user"}`, { defaultValue: turn.role })} />
        ))}
      </section>
      <section aria-label={t("logs.content.answer")} className="flex flex-col gap-2">
        <h4 className="text-xs font-medium text-muted">{t("logs.content.answer")}</h4>
        {contents.answers.length === 0 && <p className="text-xs text-muted">{t("logs.content.noAnswer")}</p>}
        {contents.answers.map((turn, i) => (
          <ContentTurn key={i} turn={turn} name={many ? t("logs.content.answerOf", { n: i + 1 }) : t("logs.content.roles.assistant")} />
        ))}
        {contents.answer_cut && <p className="text-xs text-warn">{t("logs.content.cut")}</p>}
      </section>
    </div>
  );
}
