import { X } from "lucide-react";
import type { Deployment } from "@/api";
import { useFormat, useT } from "@/i18n";
import { FamilyBadge, familyOf, IconButton, ReorderList, Select } from "@/ui";
import { sharesOf } from "./rules";

interface Props {
  targets: readonly string[];
  onChange: (targets: string[]) => void;
  /** Absent until they are known. */
  deployments: readonly Deployment[] | undefined;
  wrong: string | undefined;
}

const none = "none";
const most = 20;

/** The models that an alias stands for, in the order in which they are asked. */
export function AliasTargets({ targets, onChange, deployments, wrong }: Props) {
  const t = useT();
  const format = useFormat();
  const models = [...new Set((deployments ?? []).map((one) => one.model))].sort(format.compare);
  const others = models.filter((model) => !targets.includes(model));
  const shares = (target: string) => {
    const all = sharesOf(deployments ?? [], target);
    return all.length > 1 ? all.map(({ deployment, share }) => `${deployment.provider} ${format.percent(share)}`).join(", ") : "";
  };
  return (
    <div className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">{t("providers.fallbacks")}</h3>
      {targets.length > 0 && (
        <ReorderList
          label={t("providers.fallbacks")}
          items={targets}
          onChange={onChange}
          render={(target) => (
            <span className="flex min-w-0 items-center gap-2 text-sm">
              <FamilyBadge family={familyOf(target)} />
              <bdi className="min-w-0 flex-1 truncate" title={target}>{target}</bdi>
              {shares(target) && <span className="num max-w-[50%] min-w-0 truncate text-xs text-muted" title={t("providers.sharedAs", { shares: shares(target) })}>{shares(target)}</span>}
              {deployments && !models.includes(target) && <span className="shrink-0 text-xs text-warn">{t("providers.notOffered")}</span>}
              <IconButton size="sm" label={t("providers.dropTarget", { name: target })} onClick={() => onChange(targets.filter((one) => one !== target))}>
                <X size={13} aria-hidden />
              </IconButton>
            </span>
          )}
        />
      )}
      {others.length > 0 && targets.length < most && (
        <Select aria-label={t("providers.addTarget")} value={none} onChange={(model) => model !== none && onChange([...targets, model])} options={[{ value: none, label: t("providers.addTarget") }, ...others.map((model) => ({ value: model, label: model, icon: <FamilyBadge family={familyOf(model)} /> }))]} />
      )}
      <p className={`text-xs ${wrong ? "text-danger" : "text-muted"}`} role={wrong ? "alert" : undefined}>{wrong ?? t("providers.fallbacksHelp")}</p>
    </div>
  );
}
