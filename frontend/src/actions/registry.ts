// Actions as data: one object with a name, a key and an effect feeds the
// palette, the menus, the tooltips and the list of shortcuts.
import type { ComponentType } from "react";
import type { Shortcut } from "./shortcut";

export type ActionGroup = "create" | "go" | "conversation" | "view" | "recent" | "app";

export interface Action {
  /** Stable and dotted: "chat.new". */
  id: string;
  /** Already in the user's language. */
  label: string;
  group: ActionGroup;
  /** Words that also find it in the palette. */
  keywords?: string;
  /** The first is shown; all work. */
  shortcuts?: readonly Shortcut[];
  icon?: ComponentType<{ className?: string; size?: number }>;
  /** Shown to the right in the palette. */
  detail?: string;
  /** Works while a text field has the focus; without it only shortcuts with mod or alt do. */
  inText?: boolean;
  danger?: boolean;
  run(): void;
}

export interface Registry {
  add(source: string, actions: readonly Action[]): () => void;
  all(): readonly Action[];
  subscribe(listener: () => void): () => void;
}

export function createRegistry(): Registry {
  const sources = new Map<string, readonly Action[]>();
  const listeners = new Set<() => void>();
  let all: readonly Action[] = [];
  const tell = () => {
    const seen = new Set<string>();
    // A later source wins: what is on the screen knows better than the shell.
    all = [...sources.values()].reverse().flat().filter((a) => !seen.has(a.id) && seen.add(a.id));
    for (const listener of listeners) listener();
  };
  return {
    add(source, actions) {
      sources.set(source, actions);
      tell();
      return () => {
        if (sources.get(source) !== actions) return;
        sources.delete(source);
        tell();
      };
    },
    all: () => all,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Actions whose words contain every word asked for; names that start with it come first. */
export function search(actions: readonly Action[], text: string): Action[] {
  const fold = (s: string) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...actions];
  return actions
    .map((action) => {
      const name = fold(action.label);
      const hay = `${name} ${fold(action.keywords ?? "")}`;
      if (!words.every((w) => hay.includes(w))) return { action, rank: -1 };
      const first = words[0] ?? "";
      const rank = name.startsWith(first) ? 3 : name.split(/\s+/).some((w) => w.startsWith(first)) ? 2 : name.includes(first) ? 1 : 0;
      return { action, rank };
    })
    .filter((hit) => hit.rank >= 0)
    .sort((a, b) => b.rank - a.rank)
    .map((hit) => hit.action);
}
