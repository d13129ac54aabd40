import { useMemo, useState } from "react";
import type { InferenceLog, LogFilter } from "@/api";
import { useUrlState } from "@/app/useUrlState";

export const ranges = ["all", "15m", "1h", "24h", "7d", "30d"] as const;
export type LogRange = (typeof ranges)[number];
export const states: readonly InferenceLog["state"][] = ["running", "ok", "stopped", "failed"];

export const surfaces: readonly InferenceLog["surface"][] = ["chat", "v1", "playground"];
export const operations: readonly InferenceLog["operation"][] = ["chat", "completions", "responses", "messages", "count_tokens", "embeddings", "transcriptions", "speech", "rerank"];

const minutes: Record<LogRange, number> = { all: 0, "15m": 15, "1h": 60, "24h": 1440, "7d": 10_080, "30d": 43_200 };

/** The filters as the URL has them; what does not belong there is ignored. */
export function useLogFilter() {
  const [model, setModel] = useUrlState("model");
  const [user, setUser] = useUrlState("user");
  const [key, setKey] = useUrlState("key");
  const [rawState, setState] = useUrlState("state");
  const [rawSurface, setSurface] = useUrlState("surface");
  const [rawOperation, setOperation] = useUrlState("operation");
  const [errorCode, setErrorCode] = useUrlState("error");
  const [search, setSearch] = useUrlState("q");
  const [rawRange, setRawRange] = useUrlState("range");
  // Where a moving range ends is fixed when it is chosen: the list grows at its head only.
  const [chosenAt, setChosenAt] = useState(() => Date.now());
  const [rawFrom, setFrom] = useUrlState("from");
  const [rawTo, setTo] = useUrlState("to");
  const state = states.find((one) => one === rawState);
  const surface = surfaces.find((one) => one === rawSurface);
  const operation = operations.find((one) => one === rawOperation);
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
      ...(surface ? { surface } : {}),
      ...(operation ? { operation } : {}),
      ...(errorCode ? { error_code: errorCode } : {}),
      ...(search ? { q: search } : {}),
      ...(begins ? { from: begins } : {}),
      ...(to ? { to } : {}),
    };
  }, [model, user, key, state, surface, operation, errorCode, search, range, from, to, chosenAt]);
  const setRange = (next: string | undefined) => {
    setChosenAt(Date.now());
    setRawRange(next);
  };
  const clearWindow = () => {
    setFrom(undefined);
    setTo(undefined);
  };
  const clear = () => {
    for (const set of [setModel, setUser, setKey, setState, setSurface, setOperation, setErrorCode, setSearch, setRange, setFrom, setTo]) set(undefined);
  };
  const any = Object.keys(filter).length > 0;
  return { filter, any, model, user, key, state, surface, operation, errorCode, search, range, from, to, setModel, setUser, setKey, setState, setSurface, setOperation, setErrorCode, setSearch, setRange, clearWindow, clear };
}

export type LogFilterState = ReturnType<typeof useLogFilter>;

function instant(text: string | undefined): string | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
