import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/**
 * State that belongs in the URL (filters, ranges, the open row), so that a
 * link shows what its sender saw. `undefined` and "" leave the URL.
 */
export function useUrlState(name: string): [string | undefined, (value: string | undefined) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const raw = search[name];
  const value = typeof raw === "string" ? raw : typeof raw === "number" ? String(raw) : undefined;
  const set = useCallback(
    (next: string | undefined) => {
      void navigate({
        to: ".",
        replace: true,
        search: ((previous: Record<string, unknown>) => {
          const { [name]: _old, ...rest } = previous;
          return next ? { ...rest, [name]: next } : rest;
        }) as never,
      });
    },
    [name, navigate],
  );
  return [value, set];
}
