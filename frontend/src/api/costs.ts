// What calls cost; the server only.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import type { operations } from "./schema";

export type CostRange = NonNullable<operations["get-costs"]["parameters"]["query"]>;
export type CostBy = NonNullable<CostRange["by"]>;

export const costKeys = { all: ["costs"] as const };

export const costsQuery = (range: CostRange) =>
  queryOptions({
    queryKey: [...costKeys.all, range],
    queryFn: ({ signal }) => take(api.GET("/api/admin/costs", { params: { query: range }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  });
