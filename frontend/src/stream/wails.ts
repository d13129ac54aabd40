import { parseEvent, type HostStream } from "./host";

interface WailsRuntime {
  EventsOn(name: string, callback: (...data: unknown[]) => void): () => void;
}

declare global {
  interface Window {
    runtime?: WailsRuntime;
  }
}

/** The name under which app/native emits. */
const eventName = "nexus:event";

/** The desktop window's stream: complete and in order for as long as the window lives. */
export function wailsStream(runtime: WailsRuntime): HostStream {
  return {
    listen(onEvent, onState) {
      const off = runtime.EventsOn(eventName, (data) => {
        const event = parseEvent(data);
        if (event) onEvent(event);
      });
      onState("open");
      return off;
    },
  };
}
