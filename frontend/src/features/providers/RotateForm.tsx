import { useRef, useState } from "react";
import { useT } from "@/i18n";
import { Button, Field, Input } from "@/ui";

interface Props {
  name: string;
  busy: boolean;
  onRotate: (secret: string) => void;
  onCancel: () => void;
}

/** A new secret for a key; calls under way end with the old one. */
export function RotateForm({ name, busy, onRotate, onCancel }: Props) {
  const t = useT();
  const secret = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  return (
    <form
      noValidate
      aria-label={t("providers.rotateKey", { name })}
      onSubmit={(event) => {
        event.preventDefault();
        const typed = secret.current?.value.trim() ?? "";
        setWrong(typed === "");
        if (typed === "") secret.current?.focus();
        else onRotate(typed);
      }}
      className="flex flex-wrap items-start gap-2"
    >
      <Field className="min-w-48 flex-1" label={t("providers.newSecret")} help={t("providers.rotateHelp")} error={wrong ? t("ui.required") : undefined}>
        {(field) => <Input {...field} ref={secret} type="password" autoFocus autoComplete="new-password" spellCheck={false} maxLength={500} />}
      </Field>
      <Button type="submit" tone="primary" busy={busy} className="mt-[26px]">{t("providers.rotate")}</Button>
      <Button onClick={onCancel} className="mt-[26px]">{t("ui.cancel")}</Button>
    </form>
  );
}
