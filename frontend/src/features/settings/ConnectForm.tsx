import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState, type FormEvent } from "react";
import { connectServer, localKeys, problemOf, type ServerStatus, type Status } from "@/api";
import { PasswordInput } from "@/features/account";
import { useT } from "@/i18n";
import { Button, ErrorState, Field, Input, useToasts } from "@/ui";

type Wrong = Partial<Record<"url" | "email" | "password", string>>;

/** Signs this device in at a server. */
export function ConnectForm({ server }: { server: ServerStatus }) {
  const t = useT();
  const client = useQueryClient();
  const toasts = useToasts();
  const url = useRef<HTMLInputElement>(null);
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<Wrong>({});
  const connect = useMutation({
    mutationFn: connectServer,
    onSuccess: (status) => {
      client.setQueryData<Status>(localKeys.status, status);
      void client.invalidateQueries();
      toasts.show({ title: t("settings.connected", { name: status.server.tenant || status.server.url || t("local.status.server") }), tone: "ok" });
    },
  });
  const check = (): Wrong => {
    const found: Wrong = {};
    if (!withScheme(url.current?.value ?? "")) found.url = t("settings.urlInvalid");
    if (!/^\S+@\S+$/.test(email.current?.value.trim() ?? "")) found.email = t("ui.emailInvalid");
    if (!password.current?.value) found.password = t("ui.required");
    return found;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = check();
    setWrong(found);
    if (found.url) url.current?.focus();
    else if (found.email) email.current?.focus();
    else if (found.password) password.current?.focus();
    else connect.mutate({ url: withScheme(url.current?.value ?? "") ?? "", email: email.current?.value.trim() ?? "", password: password.current?.value ?? "" });
  };
  return (
    <form onSubmit={submit} noValidate className="flex max-w-96 flex-col gap-4 py-4">
      {server.state === "none" && <p className="text-sm text-muted">{t("local.status.noneText")}</p>}
      <Field label={t("settings.url")} help={t("settings.urlHelp")} error={wrong.url}>
        {(field) => <Input {...field} ref={url} size="lg" type="url" inputMode="url" autoCapitalize="none" spellCheck={false} defaultValue={server.url ?? ""} maxLength={500} />}
      </Field>
      <Field label={t("settings.email")} error={wrong.email}>
        {(field) => <Input {...field} ref={email} size="lg" type="email" autoComplete="username" defaultValue={server.email ?? ""} maxLength={254} />}
      </Field>
      <Field label={t("settings.password")} error={wrong.password}>
        {(field) => <PasswordInput {...field} ref={password} autoComplete="current-password" maxLength={1024} />}
      </Field>
      {connect.isError && <ErrorState inline problem={problemOf(connect.error)} />}
      <Button type="submit" tone="primary" size="lg" busy={connect.isPending} className="self-start">
        {server.state === "signed_out" ? t("settings.reconnect") : t("settings.connect")}
      </Button>
    </form>
  );
}

/** The address as typed, with https where no scheme was given; undefined when it is none. */
function withScheme(raw: string): string | undefined {
  const text = raw.trim();
  if (text === "") return undefined;
  const local = /^(localhost|127\.|\[::1\])/.test(text);
  const full = /^https?:\/\//i.test(text) ? text : `${local ? "http" : "https"}://${text}`;
  return URL.canParse(full) && !/\s/.test(text) ? full : undefined;
}
