import type { LogDetail } from "@/api";
import { Markdown } from "@/features/markdown";
import { useT } from "@/i18n";

/** What was asked and answered, where the team's policy keeps it; where it does not, that is said. */
export function Contents({ detail }: { detail: LogDetail }) {
  const t = useT();
  if (detail.contents !== "kept") return <p className="text-xs text-muted">{t("logs.notKept")}</p>;
  return (
    <section aria-label={t("logs.contents")} className="flex flex-col gap-3">
      <p className="text-xs text-muted">{t("logs.kept")}</p>
      {detail.prompt && <Part name={t("logs.prompt")} text={detail.prompt} />}
      {detail.answer && <Part name={t("logs.answer")} text={detail.answer} />}
    </section>
  );
}

function Part({ name, text }: { name: string; text: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <h3 className="text-sm font-medium">{name}</h3>
      {/* The region scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div tabIndex={0} role="region" aria-label={name} className="max-h-80 overflow-y-auto rounded-md bg-text/4 px-3 py-2">
        <Markdown text={text} />
      </div>
    </div>
  );
}
