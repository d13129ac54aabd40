import type { ReactNode } from "react";
import { ErrorState } from "./ErrorState";
import type { ProblemLike } from "./problemText";
import { StaleBar } from "./StaleBar";

interface Query<D> {
  data: D | undefined;
  isPending: boolean;
  isError: boolean;
  isFetching: boolean;
  dataUpdatedAt: number;
  refetch: () => unknown;
}

interface Props<D> {
  query: Query<D>;
  problem: ProblemLike | undefined;
  skeleton: ReactNode;
  /** Shown instead of the children when there is nothing to show. */
  empty?: ReactNode;
  isEmpty?: (data: D) => boolean;
  children: (data: D) => ReactNode;
}

/** The four faces of a view: loading, empty, error, stale; and the view itself. */
export function View<D>({ query, problem, skeleton, empty, isEmpty, children }: Props<D>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.isError && problem) return <ErrorState problem={problem} onRetry={retry} retrying={query.isFetching} />;
    return skeleton;
  }
  return (
    <>
      {query.isError && problem && <StaleBar since={query.dataUpdatedAt} problem={problem} onRetry={retry} retrying={query.isFetching} />}
      {empty !== undefined && isEmpty?.(query.data) ? empty : children(query.data)}
    </>
  );
}
