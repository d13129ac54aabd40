import type { ReactNode } from "react";
import type { Role, User } from "@/api";
import { useCan, useMe } from "@/app/me";
import { useNow } from "@/app/useNow";
import { useFormat, useT } from "@/i18n";
import { Button, Drawer, Field, Select } from "@/ui";
import { called, givable, guardOf, roleName } from "./roles";
import { StateBadge } from "./StateBadge";
import { UserTeams } from "./UserTeams";

interface Props {
  user: User | undefined;
  busy: boolean;
  onClose: () => void;
  onRole: (user: User, role: Role) => void;
  onDisabled: (user: User, disabled: boolean) => void;
  onLink: (user: User) => void;
  linking: boolean;
  onSignOut: (user: User) => void;
  signingOut: boolean;
}

/** Everything about one member, and what can be done. */
export function UserDrawer({ user, busy, onClose, onRole, onDisabled, onLink, linking, onSignOut, signingOut }: Props) {
  const t = useT();
  const format = useFormat();
  const me = useMe();
  const may = useCan("users.write");
  const now = useNow(30_000, user !== undefined);
  if (!user) return null;
  const guard = guardOf(me, user);
  const facts: [string, ReactNode][] = [
    [t("users.email"), user.email],
    [t("users.seen"), user.seen_at ? `${format.full(user.seen_at)} · ${format.ago(user.seen_at, now)}` : t("users.notSeen")],
    [t("users.joined"), format.full(user.created_at)],
    [t("users.teams"), <UserTeams key={user.id} userId={user.id} />],
    ...(user.disabled_at ? [[t("users.disabled"), format.full(user.disabled_at)] as [string, ReactNode]] : []),
  ];
  const options = givable(me).includes(user.role) ? givable(me) : [user.role, ...givable(me)];
  return (
    <Drawer open onOpenChange={onClose} title={called(user)}>
      <div className="flex flex-col gap-6">
        <div className="flex items-center gap-2">
          <StateBadge state={user.state} />
          <span className="text-sm text-muted">{roleName(user.role)}</span>
        </div>
        <dl className="flex flex-col gap-2 text-sm">
          {facts.map(([name, value]) => (
            <div key={name} className="grid grid-cols-[112px_1fr] gap-3">
              <dt className="text-muted">{name}</dt>
              <dd className="min-w-0 wrap-anywhere select-text">{value}</dd>
            </div>
          ))}
        </dl>
        {may && guard && <p className="rounded-md bg-text/5 px-3 py-2 text-sm text-muted">{guard === "own" ? t("users.ownRow") : t("users.aboveYou")}</p>}
        {may && !guard && (
          <div className="flex flex-col gap-5 border-t border-line pt-5">
            <Field label={t("users.role")} help={t(`users.roleHelp.${user.role}`, { defaultValue: "" })}>
              {(field) => <Select {...field} size="lg" value={user.role} disabled={busy} onChange={(role) => onRole(user, role)} options={options.map((role) => ({ value: role, label: roleName(role) }))} />}
            </Field>
            {user.state !== "disabled" && (
              <Act text={user.state === "invited" ? t("users.newInviteHelp") : t("users.resetHelp")}>
                <Button busy={linking} onClick={() => onLink(user)}>
                  {user.state === "invited" ? t("users.newInvite") : t("users.reset")}
                </Button>
              </Act>
            )}
            {user.state === "active" && (
              <Act text={t("users.signOutHelp")}>
                <Button busy={signingOut} onClick={() => onSignOut(user)}>
                  {t("users.signOut")}
                </Button>
              </Act>
            )}
            <Act text={user.state === "disabled" ? t("users.enableHelp") : t("users.disableHelp")}>
              <Button tone={user.state === "disabled" ? "secondary" : "danger"} busy={busy} onClick={() => onDisabled(user, user.state !== "disabled")}>
                {user.state === "disabled" ? t("users.enable") : t("users.disable")}
              </Button>
            </Act>
          </div>
        )}
      </div>
    </Drawer>
  );
}

function Act({ text, children }: { text: string; children: ReactNode }) {
  return (
    <div className="flex flex-col items-start gap-1.5">
      {children}
      <p className="text-xs text-muted">{text}</p>
    </div>
  );
}
