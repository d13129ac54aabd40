import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { createInvalidator } from "@/api";
import type { Connection, HostStream, Runs } from "@/stream";

/**
 * Keeps the page in step with its host: hints make queries stale, run events
 * go to the running answers, and after a gap everything is asked again.
 */
export function useHostStream(stream: HostStream, runs?: Runs): Connection {
  const client = useQueryClient();
  const [state, setState] = useState<Connection>("connecting");
  useEffect(() => {
    const invalidator = createInvalidator(client);
    // What was asked before the stream was open may have missed a hint.
    let missed = true;
    let broken = false;
    const stop = stream.listen(
      (event) => {
        if (event.hint) invalidator.hint(event.hint);
        if (event.run) runs?.event(event.run);
      },
      (next) => {
        setState(next);
        if (next === "broken") missed = broken = true;
        if (next !== "open" || !missed) return;
        missed = false;
        invalidator.all();
        if (broken) runs?.resync();
        broken = false;
      },
    );
    return () => {
      stop();
      invalidator.close();
    };
  }, [stream, client, runs]);
  return state;
}
