import { ListFilter } from "lucide-react";
import { useT } from "@/i18n";
import { Button, Field, Input, Popover, Select } from "@/ui";
import { operations, surfaces, type LogFilterState } from "./useLogFilter";

const any = "any";

/** What is asked for more seldom: how a call came in, what it was, its error and its id. */
export function MoreFilters({ filter }: { filter: LogFilterState }) {
  const t = useT();
  const count = [filter.surface, filter.operation, filter.errorCode, filter.search].filter(Boolean).length;
  const or = (set: (value: string | undefined) => void) => (value: string) => set(value === any ? undefined : value);
  return (
    <Popover label={t("logs.moreFilters")} trigger={<Button tone="ghost" icon={<ListFilter size={14} aria-hidden />}>{count > 0 ? `${t("logs.moreFilters")} · ${count}` : t("logs.moreFilters")}</Button>}>
      <div className="flex flex-col gap-3 p-3">
        <Field label={t("logs.surface")}>
          {(field) => <Select {...field} value={(filter.surface as string | undefined) ?? any} onChange={or(filter.setSurface)} options={[{ value: any, label: t("logs.anySurface") }, ...surfaces.map((value) => ({ value: value as string, label: t(`logs.surfaces.${value}`) }))]} />}
        </Field>
        <Field label={t("logs.operation")}>
          {(field) => <Select {...field} value={(filter.operation as string | undefined) ?? any} onChange={or(filter.setOperation)} options={[{ value: any, label: t("logs.anyOperation") }, ...operations.map((value) => ({ value: value as string, label: t(`logs.operations.${value}`) }))]} />}
        </Field>
        <Typed label={t("logs.errorCode")} value={filter.errorCode} onSet={filter.setErrorCode} />
        <Typed label={t("logs.search")} value={filter.search} onSet={filter.setSearch} />
      </div>
    </Popover>
  );
}

/** Takes effect on Enter and when it is left: a request for each letter would be too many. */
function Typed({ label, value, onSet }: { label: string; value: string | undefined; onSet: (value: string | undefined) => void }) {
  return (
    <Field label={label}>
      {(field) => (
        <Input
          {...field} type="search" key={value ?? ""} defaultValue={value} maxLength={100} spellCheck={false} autoCapitalize="none"
          onKeyDown={(event) => event.key === "Enter" && onSet(event.currentTarget.value.trim() || undefined)}
          onBlur={(event) => event.target.value.trim() !== (value ?? "") && onSet(event.target.value.trim() || undefined)}
        />
      )}
    </Field>
  );
}
