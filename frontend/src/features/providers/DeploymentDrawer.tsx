import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState, type ReactNode } from "react";
import { adminKeys, patchDeployment, problemOf, testDeployment, type Deployment, type DeploymentPatch } from "@/api";
import { useCan } from "@/app/me";
import { translateWire, useFormat, useT, type Format, type T } from "@/i18n";
import { Button, Drawer, FamilyBadge, familyOf, problemDetail, useToasts } from "@/ui";
import { DeploymentForm } from "./DeploymentForm";
import { Health } from "./Health";
import { priceKey, priceLine } from "./price";
import { Testing } from "./Testing";
import { TestResult } from "./TestResult";
import { useTest } from "./useTest";

/** One deployment: health and why, what counts of it, and what can be done. */
export function DeploymentDrawer({ deployment, onClose }: { deployment: Deployment; onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const may = useCan("providers.write");
  const [editing, setEditing] = useState(false);
  const form = useId();
  const changed = () => {
    for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
  };
  const test = useTest((signal) => testDeployment(deployment.id, signal));
  const patch = useMutation({
    mutationFn: (change: DeploymentPatch) => patchDeployment(deployment.id, change),
    onSuccess: () => {
      setEditing(false);
      changed();
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const { health, facts } = deployment;
  return (
    <Drawer
      open
      onOpenChange={onClose}
      width={480}
      title={deployment.model}
      footer={
        may &&
        (editing ? (
          <>
            <Button key="cancel" onClick={() => setEditing(false)}>{t("ui.cancel")}</Button>
            {/* Keys of their own: the button that opened the form must not become the one that sends it, under the same click. */}
            <Button key="save" type="submit" form={form} tone="primary" busy={patch.isPending}>{t("providers.save")}</Button>
          </>
        ) : (
          <>
            <Button key="enable" busy={patch.isPending} onClick={() => patch.mutate({ enabled: !deployment.enabled })}>{deployment.enabled ? t("providers.disable") : t("providers.enable")}</Button>
            <Button key="edit" onClick={() => setEditing(true)}>{t("providers.edit")}</Button>
            <Button key="test" tone="primary" busy={test.running} onClick={test.run}>{t("providers.test")}</Button>
          </>
        ))
      }
    >
      <div className="flex flex-col gap-5">
        <div className="flex min-w-0 flex-wrap items-center gap-2 text-sm">
          <FamilyBadge family={familyOf(deployment.upstream)} />
          <bdi className="min-w-0 flex-[1_1_240px] wrap-anywhere text-muted">{deployment.upstream} · {deployment.provider}</bdi>
          <Health deployment={deployment} />
        </div>
        {health.detail && <p className="text-sm text-muted">{health.detail}</p>}
        {test.running && <Testing name={deployment.model} onCancel={test.cancel} />}
        {test.result && <TestResult name={deployment.model} test={test.result} onClose={test.close} />}
        {editing && <DeploymentForm id={form} deployment={deployment} onSave={(change) => patch.mutate(change)} />}
        <dl className="flex flex-col gap-2 text-sm">
          <Fact name={t("providers.circuit")}>{t(`providers.circuits.${health.circuit}`, { defaultValue: health.circuit })}{health.retry_at && <span className="text-muted"> · {t("providers.probeAt", { time: format.timeWithSeconds(health.retry_at) })}</span>}</Fact>
          <Fact name={t("providers.inFlight")}>{format.integer(health.in_flight)}{health.waiting !== undefined && <span className="text-muted"> · {t("providers.waitingThere", { n: format.integer(health.waiting) })}</span>}</Fact>
          <Fact name={t("logs.first")}>{health.first_token_ms === undefined ? t("providers.notMeasured") : format.duration(health.first_token_ms)}</Fact>
          {health.cache_usage !== undefined && <Fact name={t("providers.cacheUsage")}>{format.percent(health.cache_usage)}</Fact>}
          <Fact name={t("providers.order")}>{t("providers.orderText", { priority: deployment.priority, weight: deployment.weight })}</Fact>
          <Fact name={t("providers.deadlines")}>{deadlineWords(deployment, t, format)}</Fact>
          <Fact name={t("providers.region")}>{deployment.region || t("providers.notSaid")}</Fact>
          <Fact name={t("providers.context")}>{facts.context_tokens ? format.integer(facts.context_tokens) : t("providers.unknown")}</Fact>
          <Fact name={t("providers.skills")}>{facts.known ? format.list((["images", "tools", "schema", "reasoning", "prefill"] as const).filter((skill) => facts[skill]).map((skill) => t(`providers.skill.${skill}`))) || "–" : t("providers.skillsUnknown")}</Fact>
          <Fact name={t("providers.price")}>
            {priceLine(deployment.price, t, format)}
            {may && deployment.provider_kind !== "local" && (
              <Link to={"/providers" as never} search={{ view: "prices", open: priceKey(deployment) } as never} className="ms-2 rounded-sm whitespace-nowrap text-accent-text underline underline-offset-3 decoration-accent-text/40 hover:decoration-accent-text">{t("providers.setPriceNow")}</Link>
            )}
          </Fact>
        </dl>
        {health.benched.length > 0 && (
          <section className="flex flex-col gap-1 text-sm">
            <h3 className="font-medium">{t("providers.benchedKeys")}</h3>
            <ul className="text-muted">
              {health.benched.map((key) => <li key={key.key_id} className="num">{t("providers.benchedUntil", { name: key.key, time: format.full(key.until) })}</li>)}
            </ul>
          </section>
        )}
        <section className="flex flex-col gap-1 text-sm">
          <h3 className="font-medium">{t("providers.lastErrors")}</h3>
          {health.errors.length === 0 ? (
            <p className="text-muted">{t("providers.noErrors")}</p>
          ) : (
            <ul className="flex flex-col gap-1.5">
              {health.errors.map((error, index) => (
                <li key={index} className="text-xs wrap-anywhere">
                  <span className="num text-muted">{format.full(error.at)}</span> <span className="text-danger">{translateWire(`fault.${error.code}`) ?? error.code}</span> <span className="text-muted">{[problemDetail(error), error.key && t("logs.withKey", { key: error.key })].filter(Boolean).join(" · ")}</span>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </Drawer>
  );
}

function deadlineWords({ deadlines }: Deployment, t: T, format: Format): string {
  const set = ([["connect", deadlines.connect_ms], ["first", deadlines.first_token_ms], ["between", deadlines.between_tokens_ms]] as const).flatMap(([name, ms]) => (ms ? [t(`providers.deadline.${name}`, { time: format.duration(ms) })] : []));
  return set.join(", ") || t("providers.defaultDeadlines");
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid min-h-6 grid-cols-[120px_1fr] gap-3">
      <dt className="text-muted">{name}</dt>
      <dd className="num min-w-0 wrap-anywhere">{children}</dd>
    </div>
  );
}
