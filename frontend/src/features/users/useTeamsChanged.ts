import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { adminKeys } from "@/api";

/** Has everything that shows teams ask again; resolves when the teams are here. */
export function useTeamsChanged(): () => Promise<void> {
  const client = useQueryClient();
  return useCallback(() => {
    for (const queryKey of [adminKeys.limits, adminKeys.audit]) void client.invalidateQueries({ queryKey });
    return client.invalidateQueries({ queryKey: adminKeys.teams });
  }, [client]);
}
