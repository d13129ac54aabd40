import { useMutation, useQuery } from "@tanstack/react-query";
import { Route } from "lucide-react";
import { useState, type FormEvent } from "react";
import { aliasesQuery, deploymentsQuery, explainRoute, keysQuery, problemOf, type RouteQuestion } from "@/api";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useFormat, useT } from "@/i18n";
import { Button, Checkbox, EmptyState, ErrorState, FamilyBadge, familyOf, Field, Select } from "@/ui";
import { RouteResult } from "./RouteResult";

const surfaces = ["chat", "completions", "responses", "messages", "embeddings", "transcriptions", "speech", "rerank"] as const;
const roles = ["owner", "admin", "developer", "member", "auditor"] as const;
const none = "none";

/** Where a request would go, and why, without sending it. */
export function ExplainView() {
  const t = useT();
  const format = useFormat();
  const deployments = useQuery(deploymentsQuery());
  const aliases = useQuery(aliasesQuery());
  const keys = useQuery({ ...keysQuery(), enabled: useCan("keys.read") });
  const [rawModel, setModel] = useUrlState("model");
  const [surface, setSurface] = useState<(typeof surfaces)[number]>("chat");
  const [who, setWho] = useState(none);
  const [strict, setStrict] = useState(false);
  const names = [...new Set([...(aliases.data ?? []).map((one) => one.name), ...(deployments.data ?? []).map((one) => one.model)])].sort(format.compare);
  const model = rawModel ?? names[0] ?? "";
  const explain = useMutation({ mutationFn: (question: RouteQuestion) => explainRoute(question) });
  const ask = (event: FormEvent) => {
    event.preventDefault();
    const [kind, id] = who.split(":");
    explain.mutate({ model, surface, strict, ...(kind === "key" && id ? { key_id: id } : {}), ...(kind === "role" ? { role: id as (typeof roles)[number] } : {}) });
  };
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
      <form onSubmit={ask} aria-label={t("providers.explain")} className="grid items-end gap-3 sm:grid-cols-2 md:grid-cols-[1.4fr_1fr_1.2fr_auto]">
        <Field label={t("providers.modelOrAlias")}>
          {(field) => <Select {...field} value={model} onChange={setModel} options={[...new Set([...names, ...(model ? [model] : [])])].map((value) => ({ value, label: value, icon: <FamilyBadge family={familyOf(value)} /> }))} />}
        </Field>
        <Field label={t("logs.operation")}>
          {(field) => <Select {...field} value={surface} onChange={setSurface} options={surfaces.map((value) => ({ value, label: t(`providers.surfaces.${value}`) }))} />}
        </Field>
        <Field label={t("providers.askAs")}>
          {(field) => (
            <Select
              {...field} value={who} onChange={setWho}
              options={[{ value: none, label: t("providers.asMe") }, ...roles.map((role) => ({ value: `role:${role}`, label: t(`console.role.${role}`) })), ...(keys.data ?? []).filter((key) => !key.revoked_at).map((key) => ({ value: `key:${key.id}`, label: key.name, detail: `${key.prefix}…` }))]}
            />
          )}
        </Field>
        <Button type="submit" tone="primary" icon={<Route size={14} aria-hidden />} busy={explain.isPending} disabled={model === ""}>
          {t("providers.explainVerb")}
        </Button>
        <div className="sm:col-span-2 md:col-span-4">
          <Checkbox checked={strict} onChange={setStrict} label={t("providers.strict")} help={t("providers.strictHelp")} />
        </div>
      </form>
      <div className="mt-5">
        {explain.isError && <ErrorState problem={problemOf(explain.error)} />}
        {explain.data ? <RouteResult answer={explain.data} /> : !explain.isError && <EmptyState icon={<Route size={20} aria-hidden />} title={t("providers.explainTitle")}>{t("providers.explainText")}</EmptyState>}
      </div>
    </div>
  );
}
