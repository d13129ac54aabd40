import { apiUrl, currentAuth } from "@/api/client";
import { parseEvent, type HostStream } from "./host";
import { createSseParser } from "./sseParser";

/** A stream that says nothing for this long is taken for dead; hosts comment every 15 s. ms */
const silence = 40_000;
const firstDelay = 500;
const longestDelay = 15_000;

/** Server-sent events over fetch, which can carry a bearer; reconnects with growing pauses. */
export function sseStream(path = "/api/events"): HostStream {
  return {
    listen(onEvent, onState) {
      const end = new AbortController();
      let delay = firstDelay;
      let wake: (() => void) | undefined;
      const online = () => wake?.();
      window.addEventListener("online", online);

      const attach = async () => {
        const limit = new AbortController();
        const cut = () => limit.abort();
        end.signal.addEventListener("abort", cut, { once: true });
        let timer = window.setTimeout(cut, silence);
        try {
          const response = await fetch(apiUrl(path), { headers: { Accept: "text/event-stream", ...currentAuth().headers() }, credentials: "same-origin", cache: "no-store", signal: limit.signal });
          if (response.status === 401 && (await currentAuth().renew())) return;
          if (!response.ok || !response.body) throw new Error("no stream");
          onState("open");
          delay = firstDelay;
          const reader = response.body.getReader();
          const decoder = new TextDecoder();
          const parser = createSseParser((data) => {
            const event = parseEvent(data);
            if (event) onEvent(event);
          });
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            window.clearTimeout(timer);
            timer = window.setTimeout(cut, silence);
            parser.push(decoder.decode(value, { stream: true }));
          }
        } finally {
          window.clearTimeout(timer);
          end.signal.removeEventListener("abort", cut);
        }
      };

      const run = async () => {
        onState("connecting");
        while (!end.signal.aborted) {
          await attach().catch(() => undefined);
          if (end.signal.aborted) return;
          onState("broken");
          await new Promise<void>((resolve) => {
            wake = resolve;
            window.setTimeout(resolve, delay);
          });
          delay = Math.min(delay * 2, longestDelay);
        }
      };
      void run();
      return () => {
        window.removeEventListener("online", online);
        end.abort();
        wake?.();
      };
    },
  };
}
