import { CircleStop, ClipboardCopy, Ellipsis, PanelLeft, PencilLine, Pin, PinOff, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { keysOf, useOfferActions, type Action } from "@/actions";
import type { Conversation } from "@/api";
import { useT } from "@/i18n";
import { copyText, IconButton, Menu, useToasts } from "@/ui";
import { toMarkdown } from "./markdownText";
import { RenameField } from "./RenameField";
import type { Step } from "./tree";
import { useConversationActs } from "./useConversationActs";

interface Props {
  id: string;
  conversation: Conversation | undefined;
  steps: readonly Step[];
  running: boolean;
  onStop: () => void;
  onList: (() => void) | undefined;
}

/** Title and what can be done to the conversation: the same actions as in the palette. */
export function ChatHeader({ id, conversation, steps, running, onStop, onList }: Props) {
  const t = useT();
  const toasts = useToasts();
  const acts = useConversationActs();
  const [renaming, setRenaming] = useState(false);
  const exists = conversation !== undefined && (steps.length > 0 || conversation.draft) && !conversation.trashed_at;
  const title = conversation?.title || (steps.length > 0 ? t("chat.untitled") : t("chat.newChat"));
  const pinned = conversation?.pinned ?? false;

  const actions = useMemo<Action[]>(() => {
    const stop: Action[] = running ? [{ id: "chat.stop", label: t("chat.stop"), group: "conversation", icon: CircleStop, shortcuts: ["mod+."], inText: true, run: onStop }] : [];
    if (!exists) return stop;
    const copy = () => void copyText(toMarkdown(title, steps, t("chat.you"))).then((ok) => ok && toasts.show({ title: t("ui.copied"), tone: "ok" }));
    return [
      ...stop,
      { id: "chat.rename", label: t("chat.rename"), group: "conversation", icon: PencilLine, shortcuts: ["mod+shift+r"], inText: true, run: () => setRenaming(true) },
      { id: "chat.pin", label: pinned ? t("chat.unpin") : t("chat.pin"), group: "conversation", icon: pinned ? PinOff : Pin, run: () => void acts.pin(id, !pinned) },
      { id: "chat.copy", label: t("chat.copyConversation"), group: "conversation", icon: ClipboardCopy, run: copy },
      { id: "chat.delete", label: t("chat.delete"), group: "conversation", icon: Trash2, danger: true, run: () => void acts.trash(id, true) },
    ];
  }, [running, exists, title, steps, pinned, id, acts, t, toasts, onStop]);
  useOfferActions(actions);

  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line ps-5 pe-3">
      {onList && (
        <IconButton label={t("app.openList")} onClick={onList} className="-ms-2">
          <PanelLeft size={16} aria-hidden />
        </IconButton>
      )}
      {renaming ? (
        <RenameField
          title={conversation?.title ?? ""}
          className="h-7 max-w-120"
          onDone={(next) => {
            setRenaming(false);
            if (next !== undefined && next !== conversation?.title) void acts.rename(id, next);
          }}
        />
      ) : (
        <h1 className="min-w-0 flex-1 truncate text-left text-sm font-semibold tracking-[-0.006em]" dir="auto" title={title}>
          {title}
        </h1>
      )}
      {renaming && <span className="flex-1" />}
      {exists && (
        <Menu
          width={220}
          groups={[
            {
              items: actions.map((action) => ({
                id: action.id,
                label: action.label,
                danger: action.danger ?? false,
                onSelect: action.run,
                ...(action.icon ? { icon: <action.icon size={15} /> } : {}),
                ...(action.shortcuts?.[0] ? { keys: keysOf(action.shortcuts[0]) } : {}),
              })),
            },
          ]}
        >
          <IconButton label={t("ui.more")}>
            <Ellipsis size={16} aria-hidden />
          </IconButton>
        </Menu>
      )}
    </header>
  );
}
