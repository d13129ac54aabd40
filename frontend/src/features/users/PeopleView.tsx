import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Search, Users } from "lucide-react";
import { useMemo, useState } from "react";
import { adminKeys, problemOf, resetUser, signOutUser, usersQuery, type Link, type Role, type User } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, ConfirmDialog, EmptyState, Input, Select, Table, TableSkeleton, useToasts, View } from "@/ui";
import { InviteDialog } from "./InviteDialog";
import { LinkDialog } from "./LinkDialog";
import { called, roleName, roles } from "./roles";
import { UserDrawer } from "./UserDrawer";
import { useUserActs } from "./useUserActs";
import { useUserColumns } from "./useUserColumns";

const states = ["active", "invited", "disabled"] as const;

interface Props {
  inviting: boolean;
  /** Begins (true) or ends an invitation. */
  onInviting: (inviting: boolean) => void;
}

/** Who is here, and what can be done about them. */
export function PeopleView({ inviting, onInviting }: Props) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const users = useQuery(usersQuery());
  const [text = "", setText] = useUrlState("q");
  const [role = "any", setRole] = useUrlState("role");
  const [state = "any", setState] = useUrlState("state");
  const [openId, setOpenId] = useUrlState("user");
  const [link, setLink] = useState<Link>();
  const [disabling, setDisabling] = useState<User>();
  const acts = useUserActs();
  const newLink = useMutation({
    mutationFn: (user: User) => resetUser(user.id),
    onSuccess: (made) => {
      setLink(made);
      void client.invalidateQueries({ queryKey: adminKeys.audit });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const signOut = useMutation({
    mutationFn: (user: User) => signOutUser(user.id),
    onSuccess: (_done, user) => {
      toasts.show({ tone: "ok", title: t("users.signedOut", { name: called(user) }) });
      void client.invalidateQueries({ queryKey: adminKeys.audit });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const onDisabled = (user: User, disabled: boolean) => (disabled ? setDisabling(user) : acts.setDisabled(user, false));
  const columns = useUserColumns({ busy: acts.busy, onOpen: (user) => setOpenId(user.id), onDisabled, onLink: newLink.mutate });
  const rows = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return (users.data ?? []).filter(
      (user) => (role === "any" || user.role === role) && (state === "any" || user.state === state) && (wanted === "" || `${user.name} ${user.email}`.toLowerCase().includes(wanted)),
    );
  }, [users.data, text, role, state]);
  const clear = () => {
    for (const set of [setText, setRole, setState]) set(undefined);
  };
  return (
    <>
      <View
        query={users}
        problem={users.error ? problemOf(users.error) : undefined}
        skeleton={<TableSkeleton />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Users size={20} aria-hidden />} title={t("users.empty")}>{t("users.emptyText")}</EmptyState>}
      >
        {() => (
          <Table
            id="users"
            label={t("users.people")}
            columns={columns}
            rows={rows}
            rowKey={(user) => user.id}
            openKey={openId}
            onOpen={(user) => setOpenId(user.id)}
            initialSort={{ column: "name", down: false }}
            empty={<EmptyState title={t("users.none")} action={<Button onClick={clear}>{t("users.clear")}</Button>} />}
            toolbar={
              <>
                <Input type="search" aria-label={t("users.search")} placeholder={t("users.search")} value={text} onChange={(event) => setText(event.target.value)} leading={<Search size={14} aria-hidden />} className="!w-56" />
                <Select aria-label={t("users.role")} value={role} onChange={(next) => setRole(next === "any" ? undefined : next)} className="!w-auto" options={[{ value: "any", label: t("users.anyRole") }, ...roles.map((one: Role) => ({ value: one as string, label: roleName(one) }))]} />
                <Select aria-label={t("users.state")} value={state} onChange={(next) => setState(next === "any" ? undefined : next)} className="!w-auto" options={[{ value: "any", label: t("users.anyState") }, ...states.map((one) => ({ value: one as string, label: t(`users.${one}`) }))]} />
              </>
            }
          />
        )}
      </View>
      <UserDrawer
        user={users.data?.find((user) => user.id === openId)}
        busy={acts.busy !== undefined && acts.busy === openId}
        linking={newLink.isPending}
        onClose={() => setOpenId(undefined)}
        onRole={acts.setRole}
        onDisabled={onDisabled}
        onLink={newLink.mutate}
        signingOut={signOut.isPending}
        onSignOut={signOut.mutate}
      />
      <InviteDialog
        open={inviting}
        onOpenChange={onInviting}
        onInvited={(made) => {
          onInviting(false);
          setLink(made);
        }}
      />
      <ConfirmDialog
        open={disabling !== undefined}
        onOpenChange={() => setDisabling(undefined)}
        title={t("users.disableTitle", { name: disabling ? called(disabling) : "" })}
        description={t("users.disableHelp")}
        verb={t("users.disable")}
        onConfirm={() => {
          if (disabling) acts.setDisabled(disabling, true);
          setDisabling(undefined);
          setOpenId(undefined); // so that undo can be reached
        }}
      />
      <LinkDialog link={link} onClose={() => setLink(undefined)} />
    </>
  );
}
