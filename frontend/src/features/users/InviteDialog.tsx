import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState, type FormEvent } from "react";
import { adminKeys, faultAt, hasCode, inviteUser, problemOf, type Link, type Role } from "@/api";
import { useMe } from "@/app/me";
import { useT } from "@/i18n";
import { Button, Dialog, ErrorState, Field, Input, Select } from "@/ui";
import { givable, roleName } from "./roles";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Gets the link; whoever calls shows it. */
  onInvited: (link: Link) => void;
}

export function InviteDialog(props: Props) {
  // What was typed goes away with the dialog, not with an error.
  return props.open ? <InviteForm {...props} /> : null;
}

function InviteForm({ onOpenChange, onInvited }: Props) {
  const t = useT();
  const me = useMe();
  const client = useQueryClient();
  const form = useId();
  const email = useRef<HTMLInputElement>(null);
  const name = useRef<HTMLInputElement>(null);
  const [role, setRole] = useState<Role>("member");
  const [wrong, setWrong] = useState<string>();
  const invite = useMutation({
    mutationFn: () => {
      const given = name.current?.value.trim();
      return inviteUser({ email: email.current?.value.trim() ?? "", role, ...(given ? { name: given } : {}) });
    },
    onSuccess: (link) => {
      void client.invalidateQueries({ queryKey: adminKeys.users });
      void client.invalidateQueries({ queryKey: adminKeys.audit });
      onInvited(link);
    },
    onError: () => email.current?.focus(),
  });
  const check = () => {
    const text = email.current?.value.trim() ?? "";
    const found = text === "" ? t("ui.required") : /^\S+@\S+$/.test(text) ? undefined : t("ui.emailInvalid");
    setWrong(found);
    return found === undefined;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (check()) invite.mutate();
    else email.current?.focus();
  };
  const refused = hasCode(invite.error, "conflict") ? t("users.taken") : faultAt(invite.error, "body.email");
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={t("users.invite")}
      description={t("users.inviteText")}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{t("ui.cancel")}</Button>
          <Button type="submit" form={form} tone="primary" busy={invite.isPending}>
            {t("users.sendInvite")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label={t("users.email")} error={wrong ?? refused}>
          {(field) => (
            <Input {...field} ref={email} size="lg" type="email" autoComplete="off" autoFocus maxLength={254} spellCheck={false} onBlur={(e) => e.target.value !== "" && check()} onChange={() => invite.reset()} />
          )}
        </Field>
        <Field label={t("users.name")} optional={t("ui.optional")} help={t("users.nameHelp")}>
          {(field) => <Input {...field} ref={name} size="lg" autoComplete="off" maxLength={120} />}
        </Field>
        <Field label={t("users.role")} help={t(`users.roleHelp.${role}`)}>
          {(field) => (
            <Select {...field} size="lg" value={role} onChange={setRole} options={givable(me).map((r) => ({ value: r, label: roleName(r), detail: t(`users.roleHelp.${r}`) }))} />
          )}
        </Field>
        {invite.isError && !refused && <ErrorState inline problem={problemOf(invite.error)} />}
      </form>
    </Dialog>
  );
}
