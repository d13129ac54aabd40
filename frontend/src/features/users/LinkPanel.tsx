import type { Link } from "@/api";
import { useFormat, useT } from "@/i18n";
import { CopyButton, Field, Input } from "@/ui";

/** A link that is shown once, to be sent by whoever made it. */
export function LinkPanel({ link }: { link: Link }) {
  const t = useT();
  const format = useFormat();
  // A server that was not told its public address leaves it out: then it is where this page is.
  const url = new URL(link.url, window.location.href).href;
  return (
    <Field label={t("users.link")} help={t("users.linkText", { time: `${format.day(link.expires_at)}, ${format.time(link.expires_at)}` })}>
      {(field) => (
        <div className="flex items-center gap-2">
          <Input {...field} size="lg" readOnly value={url} className="font-mono" onFocus={(event) => event.target.select()} autoFocus spellCheck={false} />
          <CopyButton words size="lg" text={url} label={t("users.copyLink")} />
        </div>
      )}
    </Field>
  );
}
