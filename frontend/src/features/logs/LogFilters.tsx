import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { keysQuery, modelsQuery, usersQuery } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, FamilyBadge, familyOf, Select, type Option } from "@/ui";
import { ranges, states, type LogFilterState } from "./useLogFilter";

const any = "any";

/** Which calls; a choice that the caller's role cannot list is not offered. */
export function LogFilters({ filter, seen }: { filter: LogFilterState; seen: readonly string[] }) {
  const t = useT();
  const format = useFormat();
  const models = useQuery({ ...modelsQuery(), enabled: useCan("models.use") });
  const users = useQuery({ ...usersQuery(), enabled: useCan("users.read") });
  const keys = useQuery({ ...keysQuery(), enabled: useCan("keys.read") });
  const names = [...new Set([...(models.data ?? []).map((m) => m.id), ...seen, ...(filter.model ? [filter.model] : [])])].sort(format.compare);
  const or = (set: (value: string | undefined) => void) => (value: string) => set(value === any ? undefined : value);
  const withCurrent = (options: Option<string>[], current: string | undefined) =>
    current && !options.some((o) => o.value === current) ? [...options, { value: current, label: `${current.slice(0, 8)}…` }] : options;
  const family = (model: string) => models.data?.find((m) => m.id === model)?.family ?? familyOf(model);
  return (
    <>
      {filter.from || filter.to ? (
        <Button size="md" icon={<X size={13} aria-hidden />} onClick={filter.clearWindow} aria-label={t("logs.clearRange")} title={t("logs.clearRange")}>
          <span className="num">{t("logs.between", { from: filter.from ? format.full(filter.from) : "…", to: filter.to ? format.full(filter.to) : "…" })}</span>
        </Button>
      ) : (
        <Select aria-label={t("logs.range")} value={filter.range} onChange={(next) => filter.setRange(next === "all" ? undefined : next)} className="!w-38" options={ranges.map((value) => ({ value, label: t(`logs.ranges.${value}`) }))} />
      )}
      <Select
        aria-label={t("logs.model")} value={filter.model ?? any} onChange={or(filter.setModel)} className="!w-44"
        options={[{ value: any, label: t("logs.anyModel") }, ...names.map((name) => ({ value: name, label: name, icon: <FamilyBadge family={family(name)} /> }))]}
      />
      {users.data && (
        <Select
          aria-label={t("logs.user")} value={filter.user ?? any} onChange={or(filter.setUser)} className="!w-36"
          options={withCurrent([{ value: any, label: t("logs.anyUser") }, ...users.data.map((user) => ({ value: user.id, label: user.name || user.email }))], filter.user)}
        />
      )}
      {keys.data && (
        <Select
          aria-label={t("logs.key")} value={filter.key ?? any} onChange={or(filter.setKey)} className="!w-36"
          options={withCurrent([{ value: any, label: t("logs.anyKey") }, ...keys.data.map((key) => ({ value: key.id, label: key.name, detail: `${key.prefix}…` }))], filter.key)}
        />
      )}
      <Select aria-label={t("logs.state")} value={filter.state ?? any} onChange={or(filter.setState)} className="!w-32" options={[{ value: any, label: t("logs.anyState") }, ...states.map((state) => ({ value: state as string, label: t(`logs.${state}`) }))]} />
      {filter.any && (
        <Button tone="ghost" onClick={filter.clear}>
          {t("logs.clear")}
        </Button>
      )}
    </>
  );
}
