// Pictures that answers point to; the desktop fetches them for the page.
import { queryOptions } from "@tanstack/react-query";
import { takeDataUrl } from "./client";

/** A remote picture as a data: URL. Fetching it tells its owner that somebody reads: only after a click. */
export const pictureQuery = (address: string) =>
  queryOptions({
    queryKey: ["picture", address],
    queryFn: ({ signal }) => takeDataUrl(`/api/local/image?url=${encodeURIComponent(address)}`, signal),
    staleTime: Infinity,
    gcTime: 5 * 60_000,
    retry: false,
  });
