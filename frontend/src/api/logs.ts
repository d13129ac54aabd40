// One call in full, and calls as a file; the server only.
import { queryOptions } from "@tanstack/react-query";
import { adminKeys, type LogFilter } from "./admin";
import { api, take } from "./client";
import { takeFile, type TakeFileOptions } from "./file";

export type LogFormat = "csv" | "ndjson";

/** A call with everything that was tried for it; while it runs, hints ask again. */
export const logQuery = (id: string) =>
  queryOptions({
    queryKey: [...adminKeys.logs, "one", id],
    queryFn: ({ signal }) => take(api.GET("/api/admin/logs/{id}", { params: { path: { id } }, signal })),
  });

/** All calls that match, as text of the format; the newest first. */
export function exportLogs(filter: LogFilter, format: LogFormat, options: TakeFileOptions) {
  const query = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  return takeFile(`/api/admin/logs/export?${query.toString()}`, options);
}
