import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { problemOf, teamMembersQuery, usersQuery, type Team, type TeamMember } from "@/api";
import { useCan } from "@/app/me";
import { useFormat, useT } from "@/i18n";
import { Bar, Combobox, Skeleton, View } from "@/ui";
import { called } from "./roles";
import { TeamMemberRow } from "./TeamMemberRow";
import { useTeamActs } from "./useTeamActs";

/** More are not read here; nexusctl lists them all. */
const most = 200;

/** Who is in a team. People are added by searching; who was taken out stays in sight until the panel closes, to be taken back. */
export function TeamMembers({ team }: { team: Team }) {
  const t = useT();
  const format = useFormat();
  const may = useCan("users.write");
  const members = useQuery(teamMembersQuery(team.id));
  const users = useQuery({ ...usersQuery(), enabled: may });
  const acts = useTeamActs(team);
  const [gone, setGone] = useState<readonly TeamMember[]>([]);
  const [said, setSaid] = useState("");
  const rows = useMemo(() => {
    const inside = (members.data ?? []).filter((one) => !gone.some((left) => left.id === one.id));
    return [...inside, ...gone].sort((a, b) => format.compare(called(a), called(b)));
  }, [members.data, gone, format]);
  const others = useMemo(() => {
    const inside = new Set(rows.map((member) => member.id));
    return (users.data ?? [])
      .filter((user) => !inside.has(user.id) && user.state !== "disabled")
      .map((user) => ({ value: user.id, label: called(user), ...(user.name ? { detail: user.email } : {}) }))
      .sort((a, b) => format.compare(a.label, b.label));
  }, [users.data, rows, format]);
  const add = (id: string) => {
    const user = users.data?.find((one) => one.id === id);
    acts.move({ id, into: true }, { onSuccess: () => setSaid(t("users.memberAdded", { name: user ? called(user) : id, team: team.name })) });
  };
  const remove = (member: TeamMember) =>
    acts.move({ id: member.id, into: false }, { onSuccess: () => { setGone((all) => [...all, member]); setSaid(t("users.memberRemoved", { name: called(member), team: team.name })); } });
  const restore = (member: TeamMember) => acts.move({ id: member.id, into: true }, { onSuccess: () => setGone((all) => all.filter((one) => one.id !== member.id)) });
  return (
    <section aria-label={t("users.members")} className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">{t("users.members")}</h3>
      {may && <Combobox aria-label={t("users.addMember")} placeholder={t("users.addMember")} value="" onChange={add} options={others} size="lg" disabled={users.data === undefined || members.data === undefined} />}
      <p role="status" className="sr-only">{said}</p>
      <View
        query={members}
        problem={members.error ? problemOf(members.error) : undefined}
        skeleton={<Skeleton><div className="flex flex-col gap-4 py-3"><Bar width="60%" /><Bar width="45%" /></div></Skeleton>}
        isEmpty={() => rows.length === 0}
        empty={<p className="py-2 text-sm text-muted">{t("users.noMembers")}</p>}
      >
        {() => (
          <ul className="flex flex-col">
            {rows.slice(0, most).map((member) => (
              <TeamMemberRow key={member.id} member={member} gone={gone.includes(member)} busy={acts.busy === member.id} {...(may ? { onRemove: remove, onRestore: restore } : {})} />
            ))}
            {rows.length > most && <li className="border-t border-line py-2 text-xs text-muted">{t("users.moreMembers", { count: rows.length - most })}</li>}
          </ul>
        )}
      </View>
    </section>
  );
}
