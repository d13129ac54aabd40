import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { hasCode, login, problemOf, type Me } from "@/api";
import { useT } from "@/i18n";
import { Button, ErrorState, Field, Input } from "@/ui";
import { Front } from "./Front";
import { PasswordInput } from "./PasswordInput";

interface Props {
  /** Why the page is shown, when that needs saying. */
  reason?: string | undefined;
  onDone: (me: Me) => void;
}

export function SignIn({ reason, onDone }: Props) {
  const t = useT();
  const [tenantShown, setTenantShown] = useState(false);
  const [wrong, setWrong] = useState<{ email?: string; password?: string }>({});
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const tenant = useRef<HTMLInputElement>(null);
  const signIn = useMutation({
    mutationFn: () => login(email.current?.value.trim() ?? "", password.current?.value ?? "", tenant.current?.value.trim() ?? ""),
    onSuccess: (session) => onDone(session.me),
    onError: () => password.current?.select(),
  });
  const check = () => {
    const found: typeof wrong = {};
    if (!/^\S+@\S+$/.test(email.current?.value.trim() ?? "")) found.email = t("ui.emailInvalid");
    if (!password.current?.value) found.password = t("ui.required");
    setWrong(found);
    if (found.email) email.current?.focus();
    else if (found.password) password.current?.focus();
    return !found.email && !found.password;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (check()) signIn.mutate();
  };
  const refused = hasCode(signIn.error, "auth.required");
  return (
    <Front title={t("account.signInTo")} lead={reason}>
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        <Field label={t("account.email")} error={wrong.email}>
          {(field) => <Input {...field} ref={email} size="lg" type="email" autoComplete="username" autoFocus maxLength={254} />}
        </Field>
        <Field label={t("account.password")} error={wrong.password ?? (refused ? t("account.wrong") : undefined)}>
          {(field) => <PasswordInput {...field} ref={password} autoComplete="current-password" maxLength={1024} />}
        </Field>
        {tenantShown && (
          <Field label={t("account.tenant")} help={t("account.tenantHelp")}>
            {(field) => <Input {...field} ref={tenant} size="lg" autoComplete="organization" autoCapitalize="none" spellCheck={false} maxLength={63} autoFocus />}
          </Field>
        )}
        {signIn.isError && !refused && <ErrorState inline problem={problemOf(signIn.error)} />}
        <Button type="submit" tone="primary" size="lg" busy={signIn.isPending}>
          {t("account.signIn")}
        </Button>
      </form>
      <p className="mt-5 text-xs text-muted">{t("account.forgot")}</p>
      {!tenantShown && (
        <Button tone="ghost" size="sm" className="mt-2 -ms-2" onClick={() => setTenantShown(true)}>
          {t("account.moreTeams")}
        </Button>
      )}
    </Front>
  );
}
