import { saveView, view } from "@/api";
import type { Memory } from "@/ui";

type Values = Readonly<Record<string, string>>;

/** What the window's document brought along; undefined in browser mode. */
export function takeValues(page: Document = document): Values | undefined {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="nexus-view"]');
  const text = meta?.content;
  meta?.remove();
  return text ? asValues(text) : undefined;
}

function asValues(text: string): Values {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? Object.fromEntries(Object.entries(parsed).filter((pair): pair is [string, string] => typeof pair[1] === "string")) : {};
  } catch {
    return {};
  }
}

/** Views live in the data folder: two folders on one machine remember apart, and a folder that moves takes them along. */
export function hostMemory(values: Values, save: (name: string, text: string) => Promise<unknown> = saveView, afterMs = 250): Memory & { flush: () => void } {
  const known = new Map(Object.entries(values));
  const waiting = new Map<string, string>();
  let timer: number | undefined;
  const flush = () => {
    window.clearTimeout(timer);
    timer = undefined;
    const changed = [...waiting];
    waiting.clear();
    // What could not be saved still holds for this visit; the status bar says what is wrong with the host.
    for (const [name, text] of changed) save(name, text).catch(() => undefined);
  };
  return {
    get: (name) => known.get(name) || undefined,
    set(name, text) {
      if ((known.get(name) ?? "") === text) return;
      known.set(name, text);
      waiting.set(name, text);
      timer ??= window.setTimeout(flush, afterMs);
    },
    flush,
  };
}

/** The values of browser mode, which may be asked for only after the exchange; none when the host does not answer. */
export const fetchValues = (): Promise<Values> =>
  view().then(
    (got) => got.values,
    () => ({}),
  );
