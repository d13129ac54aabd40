import { Boxes, Ellipsis, KeyRound, Pencil, Trash2 } from "lucide-react";
import type { Provider, ProviderTest } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Badge, Button, FamilyBadge, familyOf, IconButton, Menu, Tooltip, type MenuItem, type Tone } from "@/ui";
import { Testing } from "./Testing";
import { TestResult } from "./TestResult";

export interface ProviderActs {
  onTest: () => void;
  onCancelTest: () => void;
  onCloseTest: () => void;
  onModels: () => void;
  onKeys: () => void;
  onEdit: () => void;
  onEnabled: (enabled: boolean) => void;
  onRemove: () => void;
}

interface Props extends ProviderActs {
  provider: Provider;
  now: Date;
  test: ProviderTest | undefined;
  testing: boolean;
  changing: boolean;
}

const tones: Record<Provider["state"], Tone> = { ready: "ok", starting: "info", unready: "danger", disabled: "neutral", untested: "warn" };
const shown = 6;

/** One provider: its state, its models, and what can be done. */
export function ProviderRow({ provider, now, test, testing, changing, ...acts }: Props) {
  const t = useT();
  const format = useFormat();
  const may = useCan("providers.write");
  const local = provider.kind === "local";
  const resting = provider.keys.filter((key) => key.state === "benched");
  const items: MenuItem[] = [
    { id: "models", label: t("providers.chooseModels"), icon: <Boxes size={14} />, onSelect: acts.onModels },
    { id: "keys", label: t("providers.manageKeys"), icon: <KeyRound size={14} />, onSelect: acts.onKeys },
    { id: "edit", label: t("providers.edit"), icon: <Pencil size={14} />, onSelect: acts.onEdit },
    { id: "remove", label: t("providers.remove"), icon: <Trash2 size={14} />, danger: true, onSelect: acts.onRemove },
  ];
  return (
    <li aria-label={provider.name} className="flex flex-col gap-3 border-b border-line px-5 py-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-[1_1_320px]">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="min-w-0 text-sm font-semibold wrap-anywhere"><bdi>{provider.name}</bdi></h2>
            <Badge tone={tones[provider.state] ?? "neutral"}>{t(`providers.state.${provider.state}`, { defaultValue: provider.state })}</Badge>
            {!local && <span className="text-xs text-muted">{t(`providers.kinds.${provider.kind as "openai"}`, { defaultValue: provider.kind })}</span>}
            {local && <span className="text-xs text-faint">{t("providers.builtin")}</span>}
            {provider.source === "file" && (
              <Tooltip content={t("providers.fileHelp")}>
                {/* A tooltip that only a mouse can reach would hide it from the keyboard. */}
                {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
                <span tabIndex={0} className="rounded-sm text-xs text-faint underline decoration-dotted underline-offset-3">{t("providers.file")}</span>
              </Tooltip>
            )}
          </div>
          <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-muted">
            {provider.base_url && <span className="font-mono wrap-anywhere select-text">{provider.base_url}</span>}
            {!local && !provider.has_key && <span>{t("providers.noKey")}</span>}
            {provider.keys.length > 1 && <span>{t("providers.keyCount", { count: provider.keys.length })}</span>}
            {resting.length > 0 && <span className="text-warn" title={resting.map((key) => key.name).join(", ")}>{t("providers.benchedCount", { count: resting.length })}</span>}
            {provider.region && <span>{provider.region}</span>}
            {provider.tested_at && <span title={format.full(provider.tested_at)}>{t("providers.testedAt", { time: format.ago(provider.tested_at, now) })}</span>}
          </p>
          {provider.detail && !test && <p className={`mt-1 text-xs ${provider.state === "unready" ? "text-danger" : "text-muted"}`}>{provider.detail}</p>}
        </div>
        {may && (
          <div className="flex items-center gap-2">
            <Button busy={testing} onClick={acts.onTest}>{t("providers.test")}</Button>
            <Button busy={changing} onClick={() => acts.onEnabled(!provider.enabled)}>{provider.enabled ? t("providers.disable") : t("providers.enable")}</Button>
            {local ? (
              <span className="w-7 max-sm:hidden" />
            ) : (
              <Menu groups={[{ items: items.slice(0, 3) }, { items: items.slice(3) }]}>
                <IconButton label={t("providers.actionsOf", { name: provider.name })}>
                  <Ellipsis size={15} aria-hidden />
                </IconButton>
              </Menu>
            )}
          </div>
        )}
      </div>
      {provider.models.length === 0 ? (
        <p className="flex flex-wrap items-center gap-3 text-sm text-muted">
          {t("providers.noModels")}
          {may && !local && (
            <Button size="sm" onClick={acts.onModels}>{t("providers.chooseModels")}</Button>
          )}
        </p>
      ) : (
        <ul aria-label={t("providers.models", { count: provider.models.length })} className="flex flex-wrap gap-x-5 gap-y-1.5">
          {provider.models.slice(0, shown).map((model) => (
            <li key={model.id} className="flex min-w-0 items-center gap-2 text-sm" title={model.upstream === model.id ? undefined : `${t("providers.upstream")}: ${model.upstream}`}>
              <FamilyBadge family={familyOf(model.upstream)} />
              <bdi className="wrap-anywhere">{model.id}</bdi>
              {model.kind === "embedding" && <span className="text-xs text-faint">{t("providers.embedding")}</span>}
            </li>
          ))}
          {provider.models.length > shown && <li className="text-sm text-muted">{t("providers.moreModels", { count: provider.models.length - shown })}</li>}
        </ul>
      )}
      {testing && <Testing name={provider.name} onCancel={acts.onCancelTest} />}
      {test && !testing && <TestResult name={provider.name} test={test} onClose={acts.onCloseTest} />}
    </li>
  );
}
