// How a page proves who it is. Each shell picks one strategy at start.

/** What a request gets before it leaves, and what may be done about a 401. */
export interface Auth {
  headers(): Record<string, string>;
  /** Tries once to become valid again; true means the request may be repeated. */
  renew(): Promise<boolean>;
  /** The session is over: show the way back in. */
  onLost(listener: () => void): () => void;
  /** Signed out on purpose. */
  end(): void;
}

class Losses {
  #listeners = new Set<() => void>();
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The desktop window (a secret that only the top document got) and browser mode (session storage). */
export function bearerAuth(token: string): Auth {
  const losses = new Losses();
  return {
    headers: () => ({ Authorization: `Bearer ${token}` }),
    renew: async () => {
      losses.tell();
      return false;
    },
    onLost: (listener) => losses.on(listener),
    end: () => losses.tell(),
  };
}

/** The console: an HttpOnly cookie, refreshed once per expiry however many requests notice it. */
export function cookieAuth(refresh: () => Promise<boolean>): Auth {
  const losses = new Losses();
  let running: Promise<boolean> | undefined;
  return {
    headers: () => ({}),
    renew() {
      running ??= refresh()
        .catch(() => false)
        .then((ok) => {
          running = undefined;
          if (!ok) losses.tell();
          return ok;
        });
      return running;
    },
    onLost: (listener) => losses.on(listener),
    end: () => losses.tell(),
  };
}
