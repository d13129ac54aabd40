import { X } from "lucide-react";
import type { TeamMember } from "@/api";
import { useT } from "@/i18n";
import { Button, cx, IconButton } from "@/ui";
import { called } from "./roles";
import { StateBadge } from "./StateBadge";

interface Props {
  member: TeamMember;
  /** Was taken out a moment ago. */
  gone: boolean;
  busy: boolean;
  /** Absent for who may only read. */
  onRemove?: (member: TeamMember) => void;
  onRestore?: (member: TeamMember) => void;
}

export function TeamMemberRow({ member, gone, busy, onRemove, onRestore }: Props) {
  const t = useT();
  const name = called(member);
  return (
    <li className="flex min-h-11 items-center gap-3 border-t border-line py-1 first:border-0">
      <span className={cx("min-w-0 flex-1", gone && "text-muted")}>
        <bdi className={cx("block truncate text-sm font-medium", gone && "line-through")} title={name}>{name}</bdi>
        <bdi className="block truncate text-xs text-muted">{gone ? t("users.memberRemovedText") : member.name && member.email}</bdi>
      </span>
      {!gone && member.state !== "active" && <StateBadge state={member.state} />}
      {gone && onRestore && (
        // It stands where the focus was.
        <Button size="sm" autoFocus busy={busy} aria-label={t("users.takeBack", { name })} onClick={() => onRestore(member)}>
          {t("ui.undo")}
        </Button>
      )}
      {!gone && onRemove && (
        <IconButton size="sm" label={t("users.removeMember", { name })} disabled={busy} onClick={() => onRemove(member)}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
    </li>
  );
}
