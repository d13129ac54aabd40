import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { hasCode, problemOf, register, type Me } from "@/api";
import { useT } from "@/i18n";
import { Button, ErrorState, Field, Input } from "@/ui";
import { Front } from "./Front";
import { PasswordInput } from "./PasswordInput";

interface Props {
  kind: "invite" | "reset" | "setup";
  token: string;
  onDone: (me: Me) => void;
  onLeave: () => void;
}

const shortest = 10;

/** Answers an invite, a set-up or a reset link. */
export function Register({ kind, token, onDone, onLeave }: Props) {
  const t = useT();
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const again = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<{ name?: string; password?: string; again?: string }>({});
  const send = useMutation({
    mutationFn: () => register(token, name.current?.value.trim() ?? "", password.current?.value ?? ""),
    onSuccess: (session) => onDone(session.me),
  });
  const problems = () => {
    const found: typeof wrong = {};
    if (name.current && name.current.value.trim() === "") found.name = t("account.nameNeeded");
    if ((password.current?.value.length ?? 0) < shortest) found.password = t("account.passwordShort");
    else if (password.current?.value !== again.current?.value) found.again = t("account.againDiffers");
    return found;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = problems();
    setWrong(found);
    if (found.name) name.current?.focus();
    else if (found.password) password.current?.focus();
    else if (found.again) again.current?.focus();
    else send.mutate();
  };
  const dead = hasCode(send.error, "auth.required", "gone", "not_found", "auth.token_expired");
  if (dead) {
    return (
      <Front title={t("app.badLink.title")} lead={t("app.badLink.text")}>
        <Button size="lg" onClick={onLeave}>
          {t("account.toSignIn")}
        </Button>
      </Front>
    );
  }
  return (
    <Front title={t(`account.${kind}.title`)} lead={t(`account.${kind}.text`)}>
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {kind !== "reset" && (
          <Field label={t("account.name")} error={wrong.name}>
            {(field) => <Input {...field} ref={name} size="lg" autoComplete="name" autoFocus maxLength={120} />}
          </Field>
        )}
        <Field label={t("account.newPassword")} help={t("account.passwordHelp")} error={wrong.password}>
          {(field) => <PasswordInput {...field} ref={password} autoComplete="new-password" maxLength={1024} autoFocus={kind === "reset"} />}
        </Field>
        <Field label={t("account.again")} error={wrong.again}>
          {(field) => <PasswordInput {...field} ref={again} autoComplete="new-password" maxLength={1024} />}
        </Field>
        {send.isError && <ErrorState inline problem={problemOf(send.error)} />}
        <Button type="submit" tone="primary" size="lg" busy={send.isPending}>
          {t(`account.${kind}.action`)}
        </Button>
      </form>
    </Front>
  );
}
