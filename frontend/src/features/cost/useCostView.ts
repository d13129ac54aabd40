import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { costsQuery } from "@/api";
import { useUrlState } from "@/app/useUrlState";
import { groups, instant, rangeOf, ranges } from "./range";

/** Money moves while calls run; a minute old is new enough. ms */
const renew = 60_000;

/** Range and grouping as the URL has them, and the report they name. */
export function useCostView() {
  const [rawSpan, setRawSpan] = useUrlState("range");
  const [rawBy, setBy] = useUrlState("by");
  const [rawFrom, setFrom] = useUrlState("from");
  const [rawTo, setTo] = useUrlState("to");
  const span = ranges.find((one) => one === rawSpan) ?? "month";
  const by = groups.find((one) => one === rawBy) ?? "model";
  const from = instant(rawFrom);
  const to = instant(rawTo);
  // Where a range begins is fixed while the page is open: the key of a query must not move by itself.
  const [now] = useState(() => new Date());
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const asked = useMemo(() => rangeOf(span, by, { from, to }, zone, now), [span, by, from, to, zone, now]);
  const costs = useQuery({ ...costsQuery(asked), refetchInterval: renew });
  if (costs.data && costs.data.zone !== "" && costs.data.zone !== zone) setZone(costs.data.zone);
  const setSpan = (next: string) => {
    setFrom(undefined);
    setTo(undefined);
    setRawSpan(next === "month" ? undefined : next);
  };
  const setWindow = (window: { from: string; to: string } | undefined) => {
    setFrom(window?.from);
    setTo(window?.to);
  };
  return { costs, span, by, from, to, zoomed: (from ?? to) !== undefined, setSpan, setBy: (next: string) => setBy(next === "model" ? undefined : next), setWindow };
}
