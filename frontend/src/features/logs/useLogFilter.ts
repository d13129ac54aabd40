import { useMemo, useState } from "react";
import type { InferenceLog, LogFilter } from "@/api";
import { useUrlState } from "@/app/useUrlState";

export const ranges = ["all", "15m", "1h", "24h", "7d", "30d"] as const;
export type LogRange = (typeof ranges)[number];
export const states: readonly InferenceLog["state"][] = ["running", "ok", "stopped", "failed"];

const minutes: Record<LogRange, number> = { all: 0, "15m": 15, "1h": 60, "24h": 1440, "7d": 10_080, "30d": 43_200 };

/** The filters as the URL has them; what does not belong there is ignored. */
export function useLogFilter() {
  const [model, setModel] = useUrlState("model");
  const [user, setUser] = useUrlState("user");
  const [key, setKey] = useUrlState("key");
  const [rawState, setState] = useUrlState("state");
  const [rawRange, setRawRange] = useUrlState("range");
  // Where a moving range ends is fixed when it is chosen: the list grows at its head only.
  const [chosenAt, setChosenAt] = useState(() => Date.now());
  const [rawFrom, setFrom] = useUrlState("from");
  const [rawTo, setTo] = useUrlState("to");
  const state = states.find((one) => one === rawState);
  const range = ranges.find((one) => one === rawRange) ?? "all";
  const from = instant(rawFrom);
  const to = instant(rawTo);
  const filter = useMemo<LogFilter>(() => {
    const begins = from ?? (minutes[range] ? new Date(chosenAt - minutes[range] * 60_000).toISOString() : undefined);
    return {
      ...(model ? { model } : {}),
      ...(user ? { user } : {}),
      ...(key ? { key } : {}),
      ...(state ? { state } : {}),
      ...(begins ? { from: begins } : {}),
      ...(to ? { to } : {}),
    };
  }, [model, user, key, state, range, from, to, chosenAt]);
  const setRange = (next: string | undefined) => {
    setChosenAt(Date.now());
    setRawRange(next);
  };
  const clearWindow = () => {
    setFrom(undefined);
    setTo(undefined);
  };
  const clear = () => {
    for (const set of [setModel, setUser, setKey, setState, setRange, setFrom, setTo]) set(undefined);
  };
  const any = Object.keys(filter).length > 0;
  return { filter, any, model, user, key, state, range, from, to, setModel, setUser, setKey, setState, setRange, clearWindow, clear };
}

export type LogFilterState = ReturnType<typeof useLogFilter>;

function instant(text: string | undefined): string | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
