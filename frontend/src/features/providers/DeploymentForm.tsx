import { useRef, useState, type FormEvent, type RefObject } from "react";
import type { Deployment, DeploymentPatch } from "@/api";
import { useT } from "@/i18n";
import { Button, Field, Input } from "@/ui";

interface Props {
  deployment: Deployment;
  busy: boolean;
  onSave: (change: DeploymentPatch) => void;
  onCancel: () => void;
}

type Name = "priority" | "weight" | "connect" | "first" | "between";

/** Order and deadlines of a deployment; an empty deadline is the default. */
export function DeploymentForm({ deployment, busy, onSave, onCancel }: Props) {
  const t = useT();
  const fields: Record<Name, RefObject<HTMLInputElement | null>> = { priority: useRef(null), weight: useRef(null), connect: useRef(null), first: useRef(null), between: useRef(null) };
  const region = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<Name>();
  const { deadlines } = deployment;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = (name: Name, least: number) => {
      const text = fields[name].current?.value.trim() ?? "";
      if (text === "") return name === "priority" || name === "weight" ? Number.NaN : 0;
      return /^\d{1,6}$/.test(text) && Number(text) >= least ? Number(text) : Number.NaN;
    };
    const values = { priority: read("priority", 0), weight: read("weight", 1), connect: read("connect", 0), first: read("first", 0), between: read("between", 0) };
    const bad = (Object.keys(values) as Name[]).find((name) => Number.isNaN(values[name]));
    setWrong(bad);
    if (bad) return fields[bad].current?.focus();
    onSave({
      priority: values.priority,
      weight: values.weight,
      region: region.current?.value.trim() ?? "",
      deadlines: { connect_ms: values.connect * 1000, first_token_ms: values.first * 1000, between_tokens_ms: values.between * 1000 },
    });
  };
  const seconds = (ms: number | undefined) => (ms ? String(Math.round(ms / 1000)) : "");
  const field = (name: Name, label: string, value: string, help: string) => (
    <Field label={label} help={help} error={wrong === name ? t("providers.wholeNumber") : undefined}>
      {(state) => <Input {...state} ref={fields[name]} inputMode="numeric" defaultValue={value} />}
    </Field>
  );
  return (
    <form onSubmit={submit} noValidate aria-label={t("providers.editTitle", { name: deployment.model })} className="flex flex-col gap-3 rounded-md bg-text/4 p-3">
      <div className="grid gap-3 sm:grid-cols-3">
        {field("priority", t("providers.priority"), String(deployment.priority), t("providers.priorityHelp"))}
        {field("weight", t("providers.weight"), String(deployment.weight), t("providers.weightHelp"))}
        <Field label={t("providers.region")} help={t("providers.ownRegionHelp")}>
          {(state) => <Input {...state} ref={region} maxLength={40} defaultValue={deployment.own_region} />}
        </Field>
        {field("connect", t("providers.connect"), seconds(deadlines.connect_ms), t("providers.defaultOf", { n: 5 }))}
        {field("first", t("providers.firstToken"), seconds(deadlines.first_token_ms), t("providers.firstHelp"))}
        {field("between", t("providers.between"), seconds(deadlines.between_tokens_ms), t("providers.defaultOf", { n: 15 }))}
      </div>
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t("ui.cancel")}</Button>
        <Button type="submit" tone="primary" busy={busy}>{t("providers.save")}</Button>
      </div>
    </form>
  );
}
