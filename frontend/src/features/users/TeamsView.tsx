import { useQuery } from "@tanstack/react-query";
import { Search, UsersRound } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { problemOf, teamsQuery } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { useT } from "@/i18n";
import { Button, EmptyState, fitting, Input, Table, TableSkeleton, View } from "@/ui";
import { TeamDialog } from "./TeamDialog";
import { TeamDrawer } from "./TeamDrawer";
import { rowOf, useTeamColumns } from "./useTeamColumns";

interface Props {
  /** The button that makes one. */
  create: ReactNode;
  creating: boolean;
  onCreated: () => void;
}

/** What is reserved of their budgets comes and goes with every call. ms */
const renew = 15_000;

/** The teams, with how many are in each and how its budget stands. */
export function TeamsView({ create, creating, onCreated }: Props) {
  const t = useT();
  const teams = useQuery({ ...teamsQuery(), refetchInterval: renew });
  const [text = "", setText] = useUrlState("q");
  const [openId, setOpenId] = useUrlState("team");
  const columns = useTeamColumns();
  const rows = useMemo(() => {
    const fit = new Set(fitting((teams.data ?? []).map((team) => ({ value: team.id, label: team.name })), text).map((option) => option.value));
    return (teams.data ?? []).filter((team) => fit.has(team.id)).map(rowOf);
  }, [teams.data, text]);
  const open = teams.data?.find((team) => team.id === openId);
  return (
    <>
      <View
        query={teams}
        problem={teams.error ? problemOf(teams.error) : undefined}
        skeleton={<TableSkeleton columns={4} />}
        isEmpty={(all) => all.length === 0}
        empty={<EmptyState icon={<UsersRound size={20} aria-hidden />} title={t("users.noTeams")} action={create}>{t("users.noTeamsText")}</EmptyState>}
      >
        {() => (
          <Table
            id="teams"
            label={t("users.teams")}
            columns={columns}
            rows={rows}
            rowKey={({ team }) => team.id}
            openKey={openId}
            onOpen={({ team }) => setOpenId(team.id)}
            initialSort={{ column: "name", down: false }}
            toolbar={<Input type="search" aria-label={t("users.searchTeams")} placeholder={t("users.searchTeams")} value={text} onChange={(event) => setText(event.target.value)} leading={<Search size={14} aria-hidden />} className="!w-56" />}
            empty={<EmptyState title={t("users.noTeamFits")} action={<Button onClick={() => setText(undefined)}>{t("users.clear")}</Button>} />}
          />
        )}
      </View>
      {open && <TeamDrawer key={open.id} team={open} onClose={() => setOpenId(undefined)} />}
      {creating && (
        <TeamDialog
          onClose={onCreated}
          onSaved={(team) => {
            onCreated();
            setOpenId(team.id);
          }}
        />
      )}
    </>
  );
}
