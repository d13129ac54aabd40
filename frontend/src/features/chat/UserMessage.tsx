import { CloudOff, PencilLine } from "lucide-react";
import { memo, useRef, useState, type KeyboardEvent } from "react";
import type { Message } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, CopyButton, IconButton, Tooltip } from "@/ui";
import { useChatActs } from "./ChatContext";
import { Versions } from "./Versions";
import { WaitingNote } from "./WaitingNote";

interface Props {
  message: Message;
  versions: readonly string[];
}

/** What the user asked; it can be edited into another version. */
export const UserMessage = memo(function UserMessage({ message, versions }: Props) {
  const t = useT();
  const format = useFormat();
  const acts = useChatActs();
  const [editing, setEditing] = useState(false);
  if (editing) return <MessageEditor message={message} onDone={() => setEditing(false)} />;
  return (
    <article aria-label={t("chat.you")} className="group/message flex flex-col items-end pt-6">
      <div dir="auto" className="max-w-[min(36rem,88%)] rounded-lg bg-text/6 px-3.5 py-2 text-base wrap-anywhere whitespace-pre-wrap">
        {message.text}
      </div>
      {(message.state === "waiting" || message.state === "failed") && <WaitingNote message={message} />}
      <div className="mt-1 flex h-6 items-center gap-0.5 text-faint">
        {message.state === "saving" && (
          <Tooltip content={t("chat.saving")}>
            <span role="img" aria-label={t("chat.saving")} className="flex size-6 items-center justify-center">
              <CloudOff size={13} aria-hidden />
            </span>
          </Tooltip>
        )}
        <span className="flex items-center gap-0.5 opacity-0 transition-opacity group-hover/message:opacity-100 group-data-[keys=true]/message:opacity-100 has-focus-visible:opacity-100">
          <time dateTime={message.created_at} title={format.full(message.created_at)} className="num px-1 text-xs">
            {format.time(message.created_at)}
          </time>
          <CopyButton text={message.text} label={t("chat.copyMessage")} />
          <IconButton size="sm" label={t("chat.edit")} disabled={!acts.idle} onClick={() => setEditing(true)}>
            <PencilLine size={14} aria-hidden />
          </IconButton>
        </span>
        <Versions parentId={message.parent_id ?? ""} id={message.id} versions={versions} />
      </div>
    </article>
  );
});

function MessageEditor({ message, onDone }: { message: Message; onDone: () => void }) {
  const t = useT();
  const acts = useChatActs();
  const field = useRef<HTMLTextAreaElement>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    const text = field.current?.value ?? "";
    if (text.trim() === "") return;
    setBusy(true);
    if (await acts.resend(message, text)) onDone();
    else setBusy(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") onDone();
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void send();
  };
  return (
    <div className="pt-6">
      <div className="rounded-lg bg-raised shadow-[inset_0_0_0_1px_var(--color-accent)]">
        <textarea
          ref={field}
          aria-label={t("chat.editLabel")}
          dir="auto"
          autoFocus
          defaultValue={message.text}
          rows={Math.min(14, message.text.split("\n").length + 1)}
          onKeyDown={onKeyDown}
          className="block w-full resize-y bg-transparent px-3.5 pt-2.5 text-base outline-none focus-visible:outline-none"
        />
        <div className="flex justify-end gap-2 p-2">
          <Button size="sm" onClick={onDone}>
            {t("ui.cancel")}
          </Button>
          <Button size="sm" tone="primary" busy={busy} onClick={() => void send()}>
            {t("chat.resend")}
          </Button>
        </div>
      </div>
    </div>
  );
}
