import { useT } from "@/i18n";
import { Combobox, Field, Input, Select } from "@/ui";
import { ConversationField } from "./ConversationField";
import { every, type Holder } from "./holder";
import { useHolders } from "./useHolders";

interface Props {
  kinds: readonly string[];
  holder: Holder;
  onChange: (holder: Holder) => void;
  /** What holds when nothing was chosen yet: nobody, or each of the kind by itself. */
  first: "" | typeof every;
  error: string | undefined;
}

/** Whom a budget or a limit is for. */
export function HolderFields({ kinds, holder, onChange, first, error }: Props) {
  const t = useT();
  const { options, loading } = useHolders(holder.kind);
  const choose = (id: string) => onChange({ ...holder, id });
  const all = { value: every, label: t(`limits.each.${holder.kind as "user"}`, { defaultValue: t("limits.each.user") }) };
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t("limits.for")}>
        {(field) => <Select {...field} size="lg" value={holder.kind} onChange={(kind) => onChange({ kind, id: kind === "tenant" ? "" : first })} options={kinds.map((kind) => ({ value: kind, label: t(`limits.kinds.${kind as "user"}`, { defaultValue: kind }) }))} />}
      </Field>
      {holder.kind === "conversation" && <ConversationField value={holder.id} each={all} onChange={choose} error={error} />}
      {holder.kind !== "tenant" && holder.kind !== "conversation" && (
        <Field label={t("limits.which")} error={error} help={options || loading ? undefined : t("limits.idHelp")}>
          {(field) =>
            options || loading ? (
              <Combobox {...field} size="lg" value={holder.id} onChange={choose} disabled={loading} placeholder={loading ? t("ui.loading") : t("limits.choose")} options={[all, ...(options ?? [])]} />
            ) : (
              <Input {...field} size="lg" value={holder.id === every ? "" : holder.id} maxLength={200} spellCheck={false} autoCapitalize="none" onChange={(event) => choose(event.target.value)} />
            )
          }
        </Field>
      )}
    </div>
  );
}
