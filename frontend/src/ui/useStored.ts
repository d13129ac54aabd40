import { useCallback, useState } from "react";
import { remember, remembered } from "./memory";

/** State that is remembered over visits: pane widths, chosen columns. Nothing secret. */
export function useStored<V>(key: string, initial: V, read: (value: unknown) => V | undefined): [V, (value: V) => void] {
  const name = `nexus.${key}`;
  const [value, setValue] = useState<V>(() => {
    try {
      const text = remembered(name);
      return (text === undefined ? undefined : read(JSON.parse(text))) ?? initial;
    } catch {
      return initial; // it holds what an older version wrote
    }
  });
  const store = useCallback(
    (next: V) => {
      setValue(next);
      remember(name, JSON.stringify(next));
    },
    [name],
  );
  return [value, store];
}

export const asNumber = (value: unknown): number | undefined => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
export const asStrings = (value: unknown): string[] | undefined => (Array.isArray(value) && value.every((v) => typeof v === "string") ? value : undefined);
export const asBoolean = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);
