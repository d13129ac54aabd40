/** What is remembered of a person's views: texts by name, nothing secret. Both methods work when storage does not. */
export interface Memory {
  get(name: string): string | undefined;
  /** An empty text forgets the name. */
  set(name: string, text: string): void;
}

/** The browser's own storage, shared by everything of this origin. */
const browserMemory: Memory = {
  get(name) {
    try {
      return localStorage.getItem(name) ?? undefined;
    } catch {
      return undefined; // storage is off
    }
  },
  set(name, text) {
    try {
      if (text) localStorage.setItem(name, text);
      else localStorage.removeItem(name);
    } catch {
      // storage is off or full: it still holds for this visit
    }
  },
};

let memory = browserMemory;

/** Called once by a shell whose host remembers; before anything is rendered. */
export function rememberWith(host: Memory): void {
  memory = host;
}

export const remembered = (name: string): string | undefined => memory.get(name);
export const remember = (name: string, text: string): void => memory.set(name, text);
