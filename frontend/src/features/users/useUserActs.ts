import { useMutation, useQueryClient } from "@tanstack/react-query";
import { adminKeys, hasCode, patchUser, problemOf, type Role, type User, type UserPatch } from "@/api";
import { useT } from "@/i18n";
import { useToasts } from "@/ui";
import { called, roleName } from "./roles";

/** What can be done to somebody; each act can be taken back from its notification. */
export function useUserActs() {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const patch = useMutation({
    mutationFn: ({ user, change }: { user: User; change: UserPatch }) => patchUser(user.id, change),
    onSuccess: (changed) => {
      client.setQueryData<User[]>(adminKeys.users, (all) => all?.map((one) => (one.id === changed.id ? changed : one)));
      void client.invalidateQueries({ queryKey: adminKeys.users });
      void client.invalidateQueries({ queryKey: adminKeys.audit });
    },
    onError: (error, { user }) => {
      if (user.role === "owner" && hasCode(error, "conflict")) {
        toasts.show({ tone: "danger", title: t("users.lastOwner", { name: called(user) }), detail: t("users.lastOwnerText") });
      } else toasts.problem(problemOf(error));
    },
  });

  const setRole = (user: User, role: Role) => {
    if (role === user.role) return;
    const undo = () => patch.mutate({ user: { ...user, role }, change: { role: user.role } });
    patch.mutate(
      { user, change: { role } },
      { onSuccess: () => toasts.show({ tone: "ok", title: t("users.roleToast", { name: called(user), role: roleName(role) }), undo }) },
    );
  };
  const setDisabled = (user: User, disabled: boolean) => {
    const undo = () => patch.mutate({ user, change: { disabled: !disabled } });
    patch.mutate(
      { user, change: { disabled } },
      {
        onSuccess: () =>
          toasts.show(
            disabled
              ? { tone: "ok", title: t("users.disabledToast", { name: called(user) }), detail: t("users.disabledDetail"), undo }
              : { tone: "ok", title: t("users.enabledToast", { name: called(user) }), undo },
          ),
      },
    );
  };
  return { setRole, setDisabled, busy: patch.isPending ? patch.variables.user.id : undefined };
}
