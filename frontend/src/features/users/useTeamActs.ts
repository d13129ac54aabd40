import { useMutation } from "@tanstack/react-query";
import { addTeamMember, problemOf, removeTeamMember, type Team } from "@/api";
import { useToasts } from "@/ui";
import { useTeamsChanged } from "./useTeamsChanged";

/** Puts people into a team and takes them out. */
export function useTeamActs(team: Team) {
  const toasts = useToasts();
  const changed = useTeamsChanged();
  const move = useMutation({
    mutationFn: ({ id, into }: { id: string; into: boolean }) => (into ? addTeamMember : removeTeamMember)(team.id, id),
    onSuccess: changed,
    onError: (error) => toasts.problem(problemOf(error)),
  });
  return { move: move.mutate, busy: move.isPending ? move.variables.id : undefined };
}
