import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Plus, UserPlus } from "lucide-react";
import { useState } from "react";
import { teamsQuery, usersQuery } from "@/api";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, Page, Segmented } from "@/ui";
import { PeopleView } from "./PeopleView";
import { TeamsView } from "./TeamsView";

const views = ["people", "teams"] as const;

/** Who is here, and in which teams they are. */
export function UsersPage() {
  const t = useT();
  const navigate = useNavigate();
  const may = useCan("users.write");
  const [raw] = useUrlState("view");
  const view = raw === "teams" ? "teams" : "people";
  const [making, setMaking] = useState<"invite" | "team">();
  const people = useQuery({ ...usersQuery(), enabled: view === "people" });
  const teams = useQuery({ ...teamsQuery(), enabled: view === "teams" });
  const active = people.data?.filter((user) => user.state === "active").length;
  const leads = { people: active === undefined ? undefined : t("users.lead", { count: active }), teams: teams.data && t("users.teamsLead", { count: teams.data.length }) };
  // What one view was narrowed to means nothing in the other.
  const choose = (next: string) => void navigate({ to: ".", replace: true, search: (next === "people" ? {} : { view: next }) as never });
  const create = may && (
    <Button tone="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setMaking("team")}>
      {t("users.createTeam")}
    </Button>
  );
  return (
    <Page
      title={t("users.title")}
      lead={leads[view]}
      fill
      actions={
        <>
          <Segmented label={t("users.view")} value={view} onChange={choose} options={views.map((value) => ({ value, label: t(`users.${value}`) }))} />
          {view === "people" && may && (
            <Button tone="primary" icon={<UserPlus size={14} aria-hidden />} onClick={() => setMaking("invite")}>
              {t("users.invite")}
            </Button>
          )}
          {view === "teams" && create}
        </>
      }
    >
      {view === "people" && <PeopleView inviting={making === "invite"} onInviting={(inviting) => setMaking(inviting ? "invite" : undefined)} />}
      {view === "teams" && <TeamsView create={create} creating={making === "team"} onCreated={() => setMaking(undefined)} />}
    </Page>
  );
}
