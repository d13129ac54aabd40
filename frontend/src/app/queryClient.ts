import { QueryClient } from "@tanstack/react-query";
import { ProblemError } from "@/api";

/** Failures that another try may cure. */
const passing = new Set(["network", "unavailable", "timeout"]);

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) => failures < 2 && error instanceof ProblemError && passing.has(error.code),
        retryDelay: (attempt) => Math.min(400 * 2 ** attempt, 4_000),
        networkMode: "always", // the desktop answers without any network
        refetchOnWindowFocus: false,
      },
      mutations: { networkMode: "always" },
    },
  });
}
