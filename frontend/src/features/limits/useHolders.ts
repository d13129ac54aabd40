import { useQuery } from "@tanstack/react-query";
import { deploymentsQuery, keysQuery, modelsQuery, teamsQuery, usersQuery } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import type { Option } from "@/ui";

interface Holders {
  /** Undefined while they are loaded, and where they cannot be. */
  options: Option<string>[] | undefined;
  loading: boolean;
}

/** Those of a kind that a budget or a limit can be for, by name. */
export function useHolders(kind: string): Holders {
  const t = useT();
  const format = useFormat();
  const people = useCan("users.read");
  const teams = useQuery({ ...teamsQuery(), enabled: people && kind === "team" });
  const users = useQuery({ ...usersQuery(), enabled: people && kind === "user" });
  const keys = useQuery({ ...keysQuery(), enabled: useCan("keys.read") && kind === "key" });
  const models = useQuery({ ...modelsQuery(), enabled: useCan("models.use") && kind === "model" });
  const deployments = useQuery({ ...deploymentsQuery(), enabled: useCan("providers.read") && kind === "deployment" });
  const sorted = (options: Option<string>[] | undefined) => options?.sort((a, b) => format.compare(a.label, b.label));
  switch (kind) {
    case "team":
      return { options: sorted(teams.data?.map((team) => ({ value: team.id, label: team.name }))), loading: teams.isLoading };
    case "user":
      return { options: sorted(users.data?.map((user) => ({ value: user.id, label: user.name || user.email, ...(user.name ? { detail: user.email } : {}) }))), loading: users.isLoading };
    case "key":
      return { options: sorted(keys.data?.filter((key) => !key.revoked_at).map((key) => ({ value: key.id, label: key.name, detail: `${key.prefix}… · ${key.created_by}` }))), loading: keys.isLoading };
    case "model":
      return { options: sorted(models.data?.map((model) => ({ value: model.id, label: model.id, ...(model.name === model.id ? {} : { detail: model.name }) }))), loading: models.isLoading };
    case "deployment":
      return { options: sorted(deployments.data?.map((one) => ({ value: one.id, label: one.model, detail: one.region ? `${one.provider} · ${one.region}` : one.provider }))), loading: deployments.isLoading };
    case "role":
      return { options: (["owner", "admin", "developer", "member", "auditor"] as const).map((role) => ({ value: role, label: t(`console.role.${role}`) })), loading: false };
    default:
      return { options: undefined, loading: false };
  }
}
