import type { ContentMessage } from "@/api";
import { Markdown } from "@/features/markdown";
import { useT } from "@/i18n";

/** What people and models write is Markdown; what programs send is shown as it is. */
const written = new Set(["user", "assistant"]);

/** One turn. Whatever it says is somebody's text, never trusted HTML. */
export function ContentTurn({ turn, name }: { turn: ContentMessage; name: string }) {
  const t = useT();
  return (
    // The turn scrolls, so the keyboard has to reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="group" aria-label={name} className="flex max-h-80 min-w-0 flex-col gap-2 overflow-y-auto rounded-md bg-text/4 px-3 py-2 text-sm select-text">
      <div className="text-xs font-medium text-muted">
        <bdi>{name}</bdi>
      </div>
      {turn.reasoning && (
        <details>
          <summary className="w-fit cursor-pointer rounded-sm text-xs text-muted">{t("logs.content.reasoning")}</summary>
          <Plain text={turn.reasoning} />
        </details>
      )}
      {turn.text && (written.has(turn.role) ? <Markdown text={turn.text} /> : <Plain text={turn.text} />)}
      {turn.calls?.map((call, i) => (
        <div key={i} className="min-w-0">
          <div className="font-mono text-xs font-medium wrap-anywhere">{call.name}</div>
          <Plain text={call.arguments} />
        </div>
      ))}
      {turn.pictures ? <p className="text-xs text-muted">{t("logs.content.pictures", { count: turn.pictures })}</p> : null}
      {turn.cut && <p className="text-xs text-warn">{t("logs.content.cut")}</p>}
    </div>
  );
}

function Plain({ text }: { text: string }) {
  return (
    <pre dir="auto" className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {text}
    </pre>
  );
}
