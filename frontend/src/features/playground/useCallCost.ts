import { useQuery } from "@tanstack/react-query";
import { callQuery, type InferenceLog, type Model } from "@/api";
import { useCan } from "@/app/me";
import { isOver, listCost, type Lane } from "./lane";

export interface CallCost {
  /** The log's row, once it is there and may be read. */
  call?: InferenceLog;
  nanoUsd?: number;
  /** By list price; the log did not say yet. */
  approximate: boolean;
  unpriced: boolean;
}

/** What an answer cost: what the log says, until then what the listed price makes of it. */
export function useCallCost(model: string, lane: Lane, listed: Model | undefined): CallCost {
  const mayRead = useCan("logs.read");
  const call = useQuery({ ...callQuery(lane.requestId ?? "", model), enabled: mayRead && lane.requestId !== undefined && isOver(lane) }).data;
  if (call && call.state !== "running") return { call, approximate: call.estimated === true, unpriced: call.unpriced === true, ...(call.unpriced ? {} : { nanoUsd: call.cost_nano_usd }) };
  const nanoUsd = listCost(listed, lane.usage);
  return { approximate: true, unpriced: false, ...(nanoUsd === undefined ? {} : { nanoUsd }) };
}
