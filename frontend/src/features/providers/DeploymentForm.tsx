import { useRef, useState, type FormEvent, type RefObject } from "react";
import type { Deployment, DeploymentOverrides, DeploymentPatch } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Field, Input } from "@/ui";
import { millisOf, secondsText } from "./rules";
import { SkillFields, skillsOf, type Skills } from "./SkillFields";

interface Props {
  /** Of the form: its buttons are the drawer's, where they stay in sight. */
  id: string;
  deployment: Deployment;
  onSave: (change: DeploymentPatch) => void;
}

const wholes = ["priority", "weight", "context", "output"] as const;
const seconds = ["connect", "first", "between"] as const;
type Name = (typeof wholes)[number] | (typeof seconds)[number];
/** What a number may be. Seconds: at most; 0 and empty are the default. */
const bounds: Record<Name, { least: number; most: number }> = {
  priority: { least: 0, most: 100 },
  weight: { least: 1, most: 1000 },
  context: { least: 1, most: 100_000_000 },
  output: { least: 1, most: 100_000_000 },
  connect: { least: 0, most: 600 },
  first: { least: 0, most: 3600 },
  between: { least: 0, most: 600 },
};

/** Order, deadlines and abilities of a deployment; what is empty is the default, or what the catalogue says. */
export function DeploymentForm({ id, deployment, onSave }: Props) {
  const t = useT();
  const format = useFormat();
  const fields: Record<Name, RefObject<HTMLInputElement | null>> = { priority: useRef(null), weight: useRef(null), context: useRef(null), output: useRef(null), connect: useRef(null), first: useRef(null), between: useRef(null) };
  const region = useRef<HTMLInputElement>(null);
  const { deadlines, overrides, facts } = deployment;
  const [skills, setSkills] = useState<Skills>(() => skillsOf(overrides));
  const [wrong, setWrong] = useState<Name>();
  /** undefined when empty, NaN when it is out of bounds. */
  const whole = (name: Name): number | undefined => {
    const text = fields[name].current?.value.trim().replace(/[\s.,](?=\d{3}\b)/g, "") ?? "";
    if (text === "") return undefined;
    const { least, most } = bounds[name];
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : Number.NaN;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const priority = whole("priority") ?? Number.NaN;
    const weight = whole("weight") ?? Number.NaN;
    const context = whole("context");
    const output = whole("output");
    const [connect, first, between] = seconds.map((name) => millisOf(fields[name].current?.value ?? "", bounds[name].most)) as [number, number, number];
    const values: Record<Name, number> = { priority, weight, context: context ?? 0, output: output ?? 0, connect, first, between };
    const bad = [...wholes, ...seconds].find((name) => Number.isNaN(values[name]));
    setWrong(bad);
    if (bad) return fields[bad].current?.focus();
    const set: DeploymentOverrides = { ...skills, ...(context === undefined ? {} : { context_tokens: context }), ...(output === undefined ? {} : { max_output_tokens: output }) };
    onSave({ priority, weight, region: region.current?.value.trim() ?? "", deadlines: { connect_ms: connect, first_token_ms: first, between_tokens_ms: between }, overrides: set });
  };
  const isSeconds = (name: Name) => seconds.some((one) => one === name);
  const field = (name: Name, label: string, value: string, help: string) => (
    <Field label={label} help={help} error={wrong === name ? t(isSeconds(name) ? "providers.secondsWrong" : "providers.wholeNumberTo", { least: format.integer(bounds[name].least), most: format.integer(bounds[name].most) }) : undefined}>
      {(state) => <Input {...state} ref={fields[name]} inputMode={isSeconds(name) ? "decimal" : "numeric"} defaultValue={value} onChange={() => setWrong(undefined)} />}
    </Field>
  );
  const known = (tokens: number | undefined) => (tokens ? t("providers.catalogueHas", { n: format.integer(tokens) }) : t("providers.catalogueSilent"));
  return (
    <form id={id} onSubmit={submit} noValidate aria-label={t("providers.editTitle", { name: deployment.model })} className="flex flex-col gap-4 rounded-md bg-text/4 p-3">
      <div className="grid gap-3 sm:grid-cols-3">
        {field("priority", t("providers.priority"), String(deployment.priority), t("providers.priorityHelp"))}
        {field("weight", t("providers.weight"), String(deployment.weight), t("providers.weightHelp"))}
        <Field label={t("providers.region")} help={t("providers.ownRegionHelp")}>
          {(state) => <Input {...state} ref={region} maxLength={40} defaultValue={deployment.own_region} />}
        </Field>
        {field("connect", t("providers.connect"), secondsText(deadlines.connect_ms, format), t("providers.defaultOf", { n: 5 }))}
        {field("first", t("providers.firstToken"), secondsText(deadlines.first_token_ms, format), t("providers.firstHelp"))}
        {field("between", t("providers.between"), secondsText(deadlines.between_tokens_ms, format), t("providers.defaultOf", { n: 15 }))}
      </div>
      <div className="grid gap-3 border-t border-line pt-3 sm:grid-cols-2">
        {field("context", t("providers.contextTokens"), textOf(overrides.context_tokens), overrides.context_tokens === undefined ? known(facts.context_tokens) : t("providers.emptyIsCatalogue"))}
        {field("output", t("providers.outputTokens"), textOf(overrides.max_output_tokens), overrides.max_output_tokens === undefined ? known(facts.max_output_tokens) : t("providers.emptyIsCatalogue"))}
      </div>
      <SkillFields skills={skills} deployment={deployment} onChange={setSkills} />
    </form>
  );
}

const textOf = (n: number | undefined): string => (n === undefined ? "" : String(n));
