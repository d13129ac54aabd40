import { useQuery } from "@tanstack/react-query";
import { SlidersHorizontal, X } from "lucide-react";
import { keysQuery, modelsQuery, usersQuery } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Button, FamilyBadge, familyOf, Popover, Select, useMedia, type Option } from "@/ui";
import { MoreFilters } from "./MoreFilters";
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
  const short = (at: string) => `${format.day(at)} ${format.time(at)}`;
  const phone = useMedia("(max-width: 559px)");
  const wide = phone ? "" : "!w-auto max-w-56";
  const choices = (
    <>
      {filter.from || filter.to ? (
        <Button size="md" icon={<X size={13} aria-hidden />} onClick={filter.clearWindow} aria-label={t("logs.clearRange")} title={t("logs.clearRange")}>
          <span className="num">{t("logs.between", { from: filter.from ? short(filter.from) : "…", to: filter.to ? short(filter.to) : "…" })}</span>
        </Button>
      ) : (
        <Select aria-label={t("logs.range")} value={filter.range} onChange={(next) => filter.setRange(next === "all" ? undefined : next)} className={wide} options={ranges.map((value) => ({ value, label: t(`logs.ranges.${value}`) }))} />
      )}
      <Select
        aria-label={t("logs.model")} value={filter.model ?? any} onChange={or(filter.setModel)} className={wide}
        options={[{ value: any, label: t("logs.anyModel") }, ...names.map((name) => ({ value: name, label: name, icon: <FamilyBadge family={family(name)} /> }))]}
      />
      {users.data && (
        <Select
          aria-label={t("logs.user")} value={filter.user ?? any} onChange={or(filter.setUser)} className={wide}
          options={withCurrent([{ value: any, label: t("logs.anyUser") }, ...users.data.map((user) => ({ value: user.id, label: user.name || user.email }))], filter.user)}
        />
      )}
      {keys.data && (
        <Select
          aria-label={t("logs.key")} value={filter.key ?? any} onChange={or(filter.setKey)} className={wide}
          options={withCurrent([{ value: any, label: t("logs.anyKey") }, ...keys.data.map((key) => ({ value: key.id, label: key.name, detail: `${key.prefix}…` }))], filter.key)}
        />
      )}
      <Select aria-label={t("logs.state")} value={filter.state ?? any} onChange={or(filter.setState)} className={wide} options={[{ value: any, label: t("logs.anyState") }, ...states.map((state) => ({ value: state as string, label: t(`logs.${state}`) }))]} />
      <MoreFilters filter={filter} />
      {filter.any && (
        <Button tone="ghost" onClick={filter.clear}>
          {t("logs.clear")}
        </Button>
      )}
    </>
  );
  if (!phone) return choices;
  const count = [filter.model, filter.user, filter.key, filter.state, filter.surface, filter.operation, filter.errorCode, filter.search, filter.from ?? filter.to, filter.range === "all" ? undefined : filter.range].filter(Boolean).length;
  return (
    <Popover label={t("logs.filters")} trigger={<Button icon={<SlidersHorizontal size={14} aria-hidden />}>{count > 0 ? `${t("logs.filters")} · ${count}` : t("logs.filters")}</Button>}>
      <div className="flex flex-col items-stretch gap-2 p-3">{choices}</div>
    </Popover>
  );
}
