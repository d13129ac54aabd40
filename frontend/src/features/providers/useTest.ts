import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { adminKeys, problemOf, type ProviderTest } from "@/api";
import { useToasts } from "@/ui";

/** A real call that can be called off; leaving the view calls it off too. */
export function useTest(call: (signal: AbortSignal) => Promise<ProviderTest>) {
  const toasts = useToasts();
  const client = useQueryClient();
  const end = useRef<AbortController>(undefined);
  useEffect(() => () => end.current?.abort(), []);
  const test = useMutation({
    mutationFn: () => {
      end.current?.abort();
      end.current = new AbortController();
      return call(end.current.signal);
    },
    onSuccess: () => {
      for (const queryKey of [adminKeys.providers, adminKeys.audit]) void client.invalidateQueries({ queryKey });
    },
    onError: (error) => !end.current?.signal.aborted && toasts.problem(problemOf(error)),
  });
  return { run: () => test.mutate(), cancel: () => end.current?.abort(), close: test.reset, running: test.isPending, result: test.isPending ? undefined : test.data };
}
