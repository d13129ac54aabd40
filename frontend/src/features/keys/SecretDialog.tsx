import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { modelsQuery } from "@/api";
import { holdsModel } from "@/features/models";
import { useT } from "@/i18n";
import { Button, CopyButton, Dialog, Field, Input, Segmented } from "@/ui";
import { examples } from "./example";

interface Props {
  name: string;
  secret: string;
  /** The only models that the key may use; empty: any. */
  allowed: readonly string[];
  onClose: () => void;
}

const languages = [
  { value: "curl", label: "curl" },
  { value: "python", label: "Python" },
] as const;

/** The secret, this once, with an example that works as it stands. */
export function SecretDialog({ name, secret, allowed, onClose }: Props) {
  const t = useT();
  const [language, setLanguage] = useState<keyof typeof examples>("curl");
  const models = useQuery(modelsQuery());
  const fits = models.data?.filter((one) => one.kind === "chat" && (allowed.length === 0 || holdsModel(allowed, one.id)));
  const model = fits?.find((one) => one.state === "ready") ?? fits?.[0];
  const example = examples[language]({ baseUrl: new URL("/v1", window.location.href).href, secret, model: model?.id ?? "MODEL", hello: t("keys.hello") });
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={t("keys.createdTitle", { name })}
      description={t("keys.createdText")}
      width="lg"
      footer={
        <Button tone="primary" onClick={onClose}>
          {t("keys.done")}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <Field label={t("keys.secret")}>
          {(field) => (
            <div className="flex items-center gap-2">
              <Input {...field} size="lg" readOnly autoFocus value={secret} className="font-mono" onFocus={(event) => event.target.select()} spellCheck={false} />
              <CopyButton words size="lg" text={secret} label={t("keys.copyKey")} />
            </div>
          )}
        </Field>
        <section className="flex min-w-0 flex-col gap-2">
          <header className="flex items-center gap-3">
            <h3 className="text-sm font-medium">{t("keys.example")}</h3>
            <span className="flex-1" />
            <Segmented size="sm" label={t("keys.example")} value={language} onChange={setLanguage} options={languages} />
            <CopyButton text={example} label={t("keys.copyExample")} />
          </header>
          {/* The region scrolls, so the keyboard has to reach it. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre tabIndex={0} role="region" aria-label={t("keys.example")} className="overflow-x-auto rounded-md bg-text/5 p-3 font-mono text-xs leading-5 select-text">
            {example}
          </pre>
        </section>
      </div>
    </Dialog>
  );
}
