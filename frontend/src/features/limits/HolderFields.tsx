import { useQuery } from "@tanstack/react-query";
import { keysQuery, modelsQuery, usersQuery, deploymentsQuery } from "@/api";
import { useCan } from "@/app/me";
import { useT } from "@/i18n";
import { Field, Input, Select, type Option } from "@/ui";

export interface Holder {
  kind: string;
  id: string;
}

interface Props {
  kinds: readonly string[];
  holder: Holder;
  onChange: (holder: Holder) => void;
  /** Offers "each of its kind by itself". */
  each: boolean;
  error: string | undefined;
}

const every = "*";

/** Whom a budget or a limit is for. */
export function HolderFields({ kinds, holder, onChange, each, error }: Props) {
  const t = useT();
  const options = useHolders(holder.kind);
  const named = holder.kind !== "tenant";
  const all = each ? [{ value: every, label: t(`limits.each.${holder.kind as "user"}`, { defaultValue: t("limits.each.user") }) }] : [];
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Field label={t("limits.for")}>
        {(field) => <Select {...field} size="lg" value={holder.kind} onChange={(kind) => onChange({ kind, id: "" })} options={kinds.map((kind) => ({ value: kind, label: t(`limits.kinds.${kind as "user"}`, { defaultValue: kind }) }))} />}
      </Field>
      {named && (
        <Field label={t("limits.which")} error={error} help={options ? undefined : t("limits.idHelp")}>
          {(field) =>
            options ? (
              <Select {...field} size="lg" value={holder.id || (each ? every : "none")} onChange={(id) => onChange({ ...holder, id: id === every || id === "none" ? "" : id })} options={[...(each ? all : [{ value: "none", label: t("limits.choose") }]), ...options]} />
            ) : (
              <Input {...field} size="lg" value={holder.id} maxLength={200} spellCheck={false} autoCapitalize="none" onChange={(event) => onChange({ ...holder, id: event.target.value })} />
            )
          }
        </Field>
      )}
    </div>
  );
}

/** Those of a kind; undefined where there is no list to choose from. */
function useHolders(kind: string): Option<string>[] | undefined {
  const t = useT();
  const users = useQuery({ ...usersQuery(), enabled: useCan("users.read") && kind === "user" });
  const keys = useQuery({ ...keysQuery(), enabled: useCan("keys.read") && kind === "key" });
  const models = useQuery({ ...modelsQuery(), enabled: useCan("models.use") && kind === "model" });
  const deployments = useQuery({ ...deploymentsQuery(), enabled: useCan("providers.read") && kind === "deployment" });
  switch (kind) {
    case "user":
      return users.data?.map((user) => ({ value: user.id, label: user.name || user.email, ...(user.name ? { detail: user.email } : {}) }));
    case "key":
      return keys.data?.filter((key) => !key.revoked_at).map((key) => ({ value: key.id, label: key.name, detail: `${key.prefix}…` }));
    case "model":
      return models.data?.map((model) => ({ value: model.id, label: model.id }));
    case "deployment":
      return deployments.data?.map((one) => ({ value: one.id, label: `${one.model} · ${one.provider}` }));
    case "role":
      return (["owner", "admin", "developer", "member", "auditor"] as const).map((role) => ({ value: role, label: t(`console.role.${role}`) }));
    default:
      return undefined;
  }
}
