import { Ellipsis, Play, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Provider, ProviderKey } from "@/api";
import { useCan } from "@/app/me";
import { useNow } from "@/app/useNow";
import { translateWire, useFormat, useT } from "@/i18n";
import { Badge, ConfirmDialog, IconButton, Menu, problemDetail, Switch, type Tone } from "@/ui";
import { RotateForm } from "./RotateForm";
import { Testing } from "./Testing";
import { TestResult } from "./TestResult";
import { useKeyActs } from "./useKeyActs";

const tones: Record<ProviderKey["state"], Tone> = { ready: "ok", benched: "warn", unready: "danger", disabled: "neutral" };

/** One key of a pool: whether it is used, until when it is not, and what can be done. */
export function KeyRow({ provider, of: key }: { provider: Provider; of: ProviderKey }) {
  const t = useT();
  const format = useFormat();
  const may = useCan("providers.write");
  const now = useNow(1000, key.benched.length > 0);
  const acts = useKeyActs(provider, key);
  const [open, setOpen] = useState<"rotate" | "remove">();
  return (
    <li className="flex flex-col gap-2 border-b border-line px-3 py-2.5 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <bdi className="min-w-0 text-sm font-medium wrap-anywhere">{key.name}</bdi>
        <Badge tone={tones[key.state] ?? "neutral"}>{t(`providers.keyState.${key.state}`, { defaultValue: key.state })}</Badge>
        <span className="text-xs text-muted" title={format.full(key.rotated_at)}>{t("providers.rotated", { time: format.ago(key.rotated_at, new Date()) })}</span>
        {key.reference && <span className="font-mono text-xs text-faint">{key.reference}</span>}
        <span className="flex-1" />
        {may && (
          <>
            <Switch checked={key.enabled} disabled={acts.busy} onChange={acts.setEnabled} aria-label={t("providers.useKey", { name: key.name })} />
            <Menu
              groups={[
                { items: [{ id: "test", label: t("providers.testKey"), icon: <Play size={14} />, onSelect: acts.test.run }, { id: "rotate", label: t("providers.rotate"), icon: <RotateCw size={14} />, onSelect: () => setOpen("rotate") }] },
                { items: [{ id: "remove", label: t("providers.removeKey"), icon: <Trash2 size={14} />, danger: true, onSelect: () => setOpen("remove") }] },
              ]}
            >
              <IconButton size="sm" label={t("providers.actionsOf", { name: key.name })}>
                <Ellipsis size={15} aria-hidden />
              </IconButton>
            </Menu>
          </>
        )}
      </div>
      {key.benched.length > 0 && (
        <ul className="flex flex-col gap-0.5 text-xs text-warn">
          {key.benched.map((model) => (
            <li key={model.deployment_id} className="num">{t("providers.benched", { model: model.model, time: format.duration(Math.max(0, Date.parse(model.until) - now.getTime())) })}</li>
          ))}
        </ul>
      )}
      {key.last_error && (
        <p className="text-xs text-muted" title={format.full(key.last_error.at)}>
          {t("providers.lastError", { time: format.ago(key.last_error.at, new Date()) })} <span className="text-danger">{translateWire(`fault.${key.last_error.code}`) ?? key.last_error.code}</span> {problemDetail(key.last_error)}
        </p>
      )}
      {acts.test.running && <Testing name={key.name} onCancel={acts.test.cancel} />}
      {acts.test.result && <TestResult name={key.name} test={acts.test.result} onClose={acts.test.close} />}
      {open === "rotate" && <RotateForm name={key.name} busy={acts.busy} onCancel={() => setOpen(undefined)} onRotate={(secret) => acts.rotate(secret, () => setOpen(undefined))} />}
      {open === "remove" && (
        <ConfirmDialog open onOpenChange={() => setOpen(undefined)} title={t("providers.removeKeyTitle", { name: key.name })} description={t("providers.removeKeyText")} verb={t("providers.removeKey")} busy={acts.busy} onConfirm={() => acts.remove(() => setOpen(undefined))} />
      )}
    </li>
  );
}
