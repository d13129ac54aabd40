// The conversation that "new chat" shows exists nowhere until something is
// written in it; then its id enters the address and another one takes its place.
import { useSyncExternalStore } from "react";
import { newId } from "@/api";

let id = newId();
const listeners = new Set<() => void>();

export function freshId(): string {
  return id;
}

/** Call when the fresh conversation has been written to the host. */
export function renewFresh(used: string): void {
  if (used !== id) return;
  id = newId();
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useFreshId(): string {
  return useSyncExternalStore(subscribe, freshId);
}
