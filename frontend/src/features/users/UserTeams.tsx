import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { teamsQuery } from "@/api";
import { useT } from "@/i18n";

/** The teams that somebody is in, each a way to it. */
export function UserTeams({ userId }: { userId: string }) {
  const t = useT();
  const teams = useQuery(teamsQuery(userId));
  if (!teams.data) return <>{teams.isError ? "–" : "…"}</>;
  if (teams.data.length === 0) return <>{t("users.inNoTeam")}</>;
  return (
    <>
      {teams.data.map((team, i) => (
        <Fragment key={team.id}>
          {i > 0 && ", "}
          <Link to={"/users" as never} search={{ view: "teams", team: team.id } as never} className="rounded-sm font-medium text-accent-text hover:underline">
            <bdi>{team.name}</bdi>
          </Link>
        </Fragment>
      ))}
    </>
  );
}
