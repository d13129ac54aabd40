import { useQuery } from "@tanstack/react-query";
import { Plus, Waypoints } from "lucide-react";
import { useState } from "react";
import { aliasesQuery, problemOf, routingQuery, type Alias } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, EmptyState, FamilyBadge, familyOf, TableSkeleton, View } from "@/ui";
import { AliasDialog } from "./AliasDialog";
import { RoutingBar } from "./RoutingBar";
import { barredRoles, ruleWords } from "./rules";

/** Names that stand for a choice of models, each with its fallbacks in order. */
export function AliasesView() {
  const t = useT();
  const format = useFormat();
  const may = useCan("providers.write");
  const aliases = useQuery(aliasesQuery());
  const policy = useQuery(routingQuery());
  const [open, setOpen] = useState<{ alias?: Alias }>();
  const create = may && (
    <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setOpen({})}>
      {t("providers.createAlias")}
    </Button>
  );
  const roleName = (role: string) => t(`console.role.${role as "owner"}`, { defaultValue: role });
  const ruleLine = (alias: Alias) => {
    const barred = barredRoles(policy.data, alias.name);
    return [
      alias.larger ? t("providers.largerIs", { model: alias.larger }) : "",
      ...ruleWords(alias, t, format),
      alias.hedge_after_ms ? t("providers.hedgedAfter", { time: format.duration(alias.hedge_after_ms) }) : "",
      barred.length > 0 ? t("providers.notForRoles", { roles: format.list(barred.map(roleName)) }) : "",
      alias.source === "file" ? t("providers.file") : "",
    ].filter(Boolean);
  };
  return (
    <>
      <RoutingBar>{aliases.data && aliases.data.length > 0 && create}</RoutingBar>
      <View
        query={aliases}
        problem={aliases.error ? problemOf(aliases.error) : undefined}
        skeleton={<TableSkeleton rows={4} columns={3} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<Waypoints size={20} aria-hidden />} title={t("providers.noAliases")} action={create}>{t("providers.noAliasesText")}</EmptyState>}
      >
        {(all) => (
          <div className="min-h-0 flex-1 overflow-y-auto">
            <ul aria-label={t("providers.aliases")}>
              {[...all].sort((a, b) => format.compare(a.name, b.name)).map((alias) => (
                <li key={alias.name} aria-label={alias.name} className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-5 py-3">
                  <div className="min-w-0 flex-[1_1_280px]">
                    <h2 className="text-sm font-semibold wrap-anywhere"><bdi>{alias.name}</bdi></h2>
                    <ol className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
                      {alias.targets.map((target, index) => (
                        <li key={target} className="flex min-w-0 items-center gap-1.5">
                          {index > 0 && <span className="text-faint" aria-hidden>→</span>}
                          <FamilyBadge family={familyOf(target)} />
                          <bdi className="wrap-anywhere">{target}</bdi>
                        </li>
                      ))}
                    </ol>
                    <p className="mt-1 flex flex-wrap gap-x-4 text-xs text-muted">
                      {ruleLine(alias).map((words) => <span key={words} className="wrap-anywhere">{words}</span>)}
                    </p>
                  </div>
                  {may && <Button onClick={() => setOpen({ alias })} aria-label={t("providers.editTitle", { name: alias.name })}>{t("providers.edit")}</Button>}
                </li>
              ))}
            </ul>
          </div>
        )}
      </View>
      {open && <AliasDialog {...(open.alias ? { alias: open.alias } : {})} onClose={() => setOpen(undefined)} />}
    </>
  );
}
