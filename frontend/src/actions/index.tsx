import { createContext, useContext, useEffect, useId, useSyncExternalStore, type ReactNode } from "react";
import { createRegistry, type Action, type Registry } from "./registry";
import { matches } from "./shortcut";

export { search, type Action, type ActionGroup } from "./registry";
export { isMac, keysOf, matches, type Shortcut } from "./shortcut";

const RegistryContext = createContext<Registry>(createRegistry());

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select"));
}

/** Holds the actions of everything below it and listens for their keys. */
export function ActionsProvider({ children }: { children: ReactNode }) {
  const registry = useContext(RegistryContext);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const inText = isText(event.target);
      for (const action of registry.all()) {
        for (const shortcut of action.shortcuts ?? []) {
          if (!matches(shortcut, event)) continue;
          if (inText && !action.inText && !/mod|alt/.test(shortcut)) continue;
          event.preventDefault();
          action.run();
          return;
        }
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [registry]);
  return <RegistryContext value={registry}>{children}</RegistryContext>;
}

/** Offers actions while the caller is mounted. Pass a memoised array. */
export function useOfferActions(actions: readonly Action[]): void {
  const registry = useContext(RegistryContext);
  const source = useId();
  useEffect(() => registry.add(source, actions), [registry, source, actions]);
}

export function useActions(): readonly Action[] {
  const registry = useContext(RegistryContext);
  return useSyncExternalStore(registry.subscribe, registry.all);
}

/** One action by id, for a button or menu entry that shows its name and key. */
export function useAction(id: string): Action | undefined {
  return useActions().find((action) => action.id === id);
}
