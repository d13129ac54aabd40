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
    let broken = false;
    const stop = stream.listen(
      (event) => {
        if (event.hint) invalidator.hint(event.hint);
        if (event.run) runs?.event(event.run);
      },
      (next) => {
        setState(next);
        if (next === "broken") broken = true;
        if (next === "open" && broken) {
          broken = false;
          invalidator.all();
          runs?.resync();
        }
      },
    );
    return () => {
      stop();
      invalidator.close();
    };
  }, [stream, client, runs]);
  return state;
}
