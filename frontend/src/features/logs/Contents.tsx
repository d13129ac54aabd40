import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { adminKeys, problemOf, readContents, type LogDetail } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, ErrorState } from "@/ui";
import { ContentMessages } from "./ContentMessages";

/** What was asked and answered, where it is kept and the caller may read it; otherwise why it is not here. */
export function Contents({ detail }: { detail: LogDetail }) {
  const t = useT();
  const format = useFormat();
  const client = useQueryClient();
  const read = useMutation({
    mutationFn: () => readContents(detail.id),
    onSuccess: () => client.invalidateQueries({ queryKey: adminKeys.audit }),
  });
  const date = detail.contents_until ? format.day(detail.contents_until) : "";
  const kept = detail.contents === "kept";
  return (
    <section aria-label={t("logs.contents")} className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-sm font-medium">{t("logs.contents")}</h3>
        {kept && !read.data && (
          <Button size="sm" icon={<Eye size={12} aria-hidden />} busy={read.isPending} onClick={() => read.mutate()}>
            {t("logs.content.show")}
          </Button>
        )}
        {kept && read.data && (
          <Button size="sm" tone="ghost" icon={<EyeOff size={12} aria-hidden />} onClick={() => read.reset()}>
            {t("logs.content.hide")}
          </Button>
        )}
      </div>
      <p className="text-xs text-muted">{t(`logs.content.${detail.contents}`, { date, defaultValue: t("logs.content.not_kept") })}</p>
      {read.isError && <ErrorState inline problem={problemOf(read.error)} />}
      {kept && read.data && <ContentMessages contents={read.data} />}
    </section>
  );
}
