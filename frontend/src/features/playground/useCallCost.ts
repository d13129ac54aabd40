import { useQuery } from "@tanstack/react-query";
import { callQuery } from "@/api";
import { useCan } from "@/app/me";
import { costOf, isOver, type Lane } from "./lane";

export interface CallCost {
  /** Its entry in the log, where that may be read. */
  callId?: string;
  nanoUsd?: number;
  /** The tokens were counted by the server: the provider did not say. */
  approximate: boolean;
  unpriced: boolean;
}

/** What an answer cost: the server says it at its end, and of one that was stopped the log does. */
export function useCallCost(model: string, lane: Lane): CallCost {
  const mayRead = useCan("logs.read");
  const { outcome, requestId } = lane;
  const call = useQuery({ ...callQuery(requestId ?? "", model), enabled: mayRead && !outcome && requestId !== undefined && isOver(lane) }).data;
  if (outcome) {
    const nanoUsd = costOf(lane);
    return { approximate: outcome.estimated === true, unpriced: outcome.unpriced === true, ...(mayRead ? { callId: outcome.call_id } : {}), ...(nanoUsd === undefined ? {} : { nanoUsd }) };
  }
  if (!call || call.state === "running") return { approximate: false, unpriced: false };
  return { callId: call.id, approximate: call.estimated === true, unpriced: call.unpriced === true, ...(call.unpriced ? {} : { nanoUsd: call.cost_nano_usd }) };
}
