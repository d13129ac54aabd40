import { Ellipsis, Link2, UserRound } from "lucide-react";
import type { User } from "@/api";
import { useCan, useMe } from "@/app/me";
import { useNow } from "@/app/useNow";
import { useFormat, useT } from "@/i18n";
import { Button, IconButton, Menu, type Column } from "@/ui";
import { called, guardOf, roleName } from "./roles";
import { StateBadge } from "./StateBadge";

interface Acts {
  busy: string | undefined;
  onOpen: (user: User) => void;
  onDisabled: (user: User, disabled: boolean) => void;
  onLink: (user: User) => void;
}

export function useUserColumns({ busy, onOpen, onDisabled, onLink }: Acts): Column<User>[] {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const may = useCan("users.write");
  const now = useNow(30_000);
  const columns: Column<User>[] = [
    {
      id: "name", header: t("users.name"), width: 130, grow: 3, fixed: true, value: called,
      cell: (user) => (
        <span className="flex min-w-0 items-center gap-2">
          <bdi className={`truncate font-medium ${user.state === "disabled" ? "text-muted" : ""}`}>{called(user)}</bdi>
          {user.id === me.user_id && <span className="shrink-0 text-xs text-faint">{t("users.you")}</span>}
        </span>
      ),
    },
    { id: "email", header: t("users.email"), width: 180, grow: 3, from: 820, value: (user) => user.email, cell: (user) => <span className="text-muted">{user.email}</span> },
    { id: "role", header: t("users.role"), width: 108, grow: 1, from: 480, value: (user) => roleName(user.role), cell: (user) => roleName(user.role) },
    { id: "state", header: t("users.state"), width: 112, grow: 1, value: (user) => t(`users.${user.state}`, { defaultValue: user.state }), cell: (user) => <StateBadge state={user.state} /> },
    {
      id: "seen", header: t("users.seen"), width: 110, grow: 1, from: 680, value: (user) => user.seen_at,
      cell: (user) => (user.seen_at ? <span title={format.full(user.seen_at)}>{format.ago(user.seen_at, now)}</span> : <span className="text-faint">{t("users.never")}</span>),
    },
    { id: "joined", header: t("users.joined"), width: 110, grow: 1, hidden: true, value: (user) => user.created_at, cell: (user) => <span title={format.full(user.created_at)}>{format.day(user.created_at)}</span> },
  ];
  if (!may) return columns;
  return [
    ...columns,
    {
      id: "acts", header: t("ui.actions"), silent: true, width: 128, fixed: true, sortable: false, value: () => null,
      cell: (user) => {
        if (guardOf(me, user)) return null;
        const disabled = user.state === "disabled";
        return (
          <span className="flex items-center justify-end gap-1">
            <Button size="sm" tone="ghost" busy={busy === user.id} onClick={() => onDisabled(user, !disabled)}>
              {disabled ? t("users.enable") : t("users.disable")}
            </Button>
            <Menu
              groups={[
                {
                  items: [
                    { id: "details", label: t("users.details"), icon: <UserRound size={14} />, onSelect: () => onOpen(user) },
                    ...(disabled ? [] : [{ id: "link", label: user.state === "invited" ? t("users.newInvite") : t("users.reset"), icon: <Link2 size={14} />, onSelect: () => onLink(user) }]),
                  ],
                },
              ]}
            >
              <IconButton size="sm" label={t("users.actionsOf", { name: called(user) })}>
                <Ellipsis size={15} aria-hidden />
              </IconButton>
            </Menu>
          </span>
        );
      },
    },
  ];
}
