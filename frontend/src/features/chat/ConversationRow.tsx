import { Link } from "@tanstack/react-router";
import { Copy, Ellipsis, PencilLine, Pin, PinOff, RotateCcw, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import type { Conversation } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Button, cx, Menu, Spinner, Tooltip, type MenuItem } from "@/ui";
import { RenameField } from "./RenameField";
import { useConversationActs } from "./useConversationActs";

interface Props {
  conversation: Conversation;
  open: boolean;
  running: boolean;
  trash: boolean;
  onOpen: (id: string) => void;
}

/** One conversation in the list: its title, what is unsent in it, and what can be done to it. */
export const ConversationRow = memo(function ConversationRow({ conversation, open, running, trash, onOpen }: Props) {
  const t = useT();
  const format = useFormat();
  const acts = useConversationActs();
  const [renaming, setRenaming] = useState(false);
  const [menu, setMenu] = useState(false);
  const { id, pinned, unsent, draft } = conversation;
  const title = conversation.title || t("chat.untitled");

  if (renaming) {
    return (
      <RenameField
        title={conversation.title}
        onDone={(next) => {
          setRenaming(false);
          if (next !== undefined && next !== conversation.title) void acts.rename(id, next);
        }}
      />
    );
  }
  const items: MenuItem[] = trash
    ? [{ id: "restore", label: t("chat.restore"), icon: <RotateCcw size={15} />, onSelect: () => void acts.restore(id) }]
    : [
        { id: "rename", label: t("chat.rename"), icon: <PencilLine size={15} />, keys: ["F2"], onSelect: () => setRenaming(true) },
        { id: "pin", label: pinned ? t("chat.unpin") : t("chat.pin"), icon: pinned ? <PinOff size={15} /> : <Pin size={15} />, onSelect: () => void acts.pin(id, !pinned) },
        { id: "copy", label: t("chat.copyId"), icon: <Copy size={15} />, onSelect: () => void acts.copyId(id) },
        { id: "delete", label: t("chat.delete"), icon: <Trash2 size={15} />, danger: true, onSelect: () => void acts.trash(id, open) },
      ];
  return (
    <div
      className={cx("group/row relative flex h-8 items-center rounded-md transition-colors", open ? "bg-accent/12" : "hover:bg-text/5", menu && !open && "bg-text/5")}
      data-open={open || undefined}
    >
      <Link
        to={"/chat/{-$conversationId}" as never}
        params={{ conversationId: id } as never}
        aria-current={open ? "page" : undefined}
        onClick={() => onOpen(id)}
        onDoubleClick={() => !trash && setRenaming(true)}
        onKeyDown={(event) => {
          if (trash) return;
          if (event.key === "F2") setRenaming(true);
          if (event.key === "Delete") void acts.trash(id, open);
        }}
        title={format.full(conversation.last_at)}
        className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-md ps-2 pe-2 group-hover/row:pe-8 group-has-[button:focus-visible]/row:pe-8"
      >
        <span dir="auto" className={cx("min-w-0 flex-1 truncate text-left", open ? "font-medium text-text" : "text-text/85", !conversation.title && "text-muted")}>
          {title}
        </span>
        {draft && <span className="shrink-0 text-2xs text-faint">{t("chat.draft")}</span>}
        {unsent > 0 && (
          <Tooltip content={t("chat.unsent", { count: unsent })}>
            <span role="img" aria-label={t("chat.unsent", { count: unsent })} className="size-1.5 shrink-0 rounded-full bg-warn" />
          </Tooltip>
        )}
        {running && <Spinner label={t("chat.running")} className="shrink-0 text-accent-text" />}
      </Link>
      <Menu groups={[{ items }]} width={170} onOpenChange={setMenu}>
        <Button tone="ghost" size="sm" aria-label={t("chat.actions", { title })} className={cx("absolute end-1 !w-6 !px-0 opacity-0 group-hover/row:opacity-100 focus-visible:opacity-100", menu && "!opacity-100")}>
          <Ellipsis size={15} aria-hidden />
        </Button>
      </Menu>
    </div>
  );
});
