// Everything a host tells its page, behind one interface: Wails events in the
// desktop window, server-sent events read with fetch elsewhere.
import type { HostEvent } from "@/api";

export type Connection = "connecting" | "open" | "broken";

export interface HostStream {
  /**
   * Calls `onEvent` for every event from now on and `onState` as the
   * connection changes; after "broken", "open" means events were missed.
   * The returned function ends it.
   */
  listen(onEvent: (event: HostEvent) => void, onState: (state: Connection) => void): () => void;
}

/** Reads one event; undefined when a newer host sends what this page does not know. */
export function parseEvent(data: unknown): HostEvent | undefined {
  let value: unknown = data;
  if (typeof value === "string") {
    try {
      value = JSON.parse(value);
    } catch {
      return undefined;
    }
  }
  if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
  const event = value as HostEvent;
  if (event.type === "run") return event.run ? event : undefined;
  if (event.type === "hint") return event.hint ? event : undefined;
  return undefined;
}
