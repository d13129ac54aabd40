import type { ProviderModel } from "@/api";
import { useT } from "@/i18n";
import { Checkbox, FamilyBadge, familyOf, Field, Input, Select } from "@/ui";
import type { Choice } from "./choice";

interface Props {
  choice: Choice;
  /** What is wrong with it, in words. */
  wrong: string | undefined;
  onChange: (change: Partial<Choice>) => void;
}

/** One model: a tick, and once it is ticked how it is offered. */
export function ChoiceRow({ choice, wrong, onChange }: Props) {
  const t = useT();
  return (
    <li className="border-b border-line py-2 last:border-0">
      <Checkbox
        checked={choice.chosen}
        onChange={(chosen) => onChange({ chosen })}
        label={
          <span className="flex min-w-0 items-center gap-2">
            <span className="sr-only">{t("providers.offer", { name: choice.upstream })}</span>
            <span aria-hidden className="flex min-w-0 items-center gap-2">
              <FamilyBadge family={familyOf(choice.upstream)} />
              <span className="wrap-anywhere">{choice.upstream}</span>
            </span>
          </span>
        }
      />
      {choice.chosen && (
        <div className="mt-2 mb-1 grid gap-3 ps-6 sm:grid-cols-[2fr_1.1fr_1fr_1fr]">
          <Field label={t("providers.ourId")}>
            {(field) => <Input {...field} value={choice.id} maxLength={200} spellCheck={false} autoCapitalize="none" onChange={(e) => onChange({ id: e.target.value })} {...(wrong ? { "aria-invalid": true as const } : {})} />}
          </Field>
          <Field label={t("providers.kind")}>
            {(field) => (
              <Select<ProviderModel["kind"]>
                {...field} value={choice.kind} onChange={(kind) => onChange({ kind })}
                options={[{ value: "chat", label: t("providers.chat") }, { value: "embedding", label: t("providers.embedding") }]}
              />
            )}
          </Field>
          <Field label={t("providers.inputPrice")}>
            {(field) => <Input {...field} inputMode="decimal" value={choice.input} placeholder={t("providers.catalogue")} title={t("providers.perMillion")} leading="$" onChange={(e) => onChange({ input: e.target.value })} />}
          </Field>
          <Field label={t("providers.outputPrice")}>
            {(field) => <Input {...field} inputMode="decimal" value={choice.output} placeholder={t("providers.catalogue")} title={t("providers.perMillion")} leading="$" disabled={choice.kind === "embedding"} onChange={(e) => onChange({ output: e.target.value })} />}
          </Field>
          {wrong && (
            <p role="alert" className="text-xs text-danger sm:col-span-4">
              {wrong}
            </p>
          )}
        </div>
      )}
    </li>
  );
}
