// A hint says that something changed; here is what to ask again for it.
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { adminKeys } from "./admin";
import { chatKeys } from "./chat";
import { conversationKeys } from "./conversations";
import { localKeys } from "./local";
import type { Hint } from "./types";

/** The queries that a hint makes stale. A topic of a newer host makes none. */
export function staleAfter(hint: Hint): QueryKey[] {
  switch (hint.topic) {
    case "conversations":
      return [conversationKeys.lists];
    case "thread":
      return [hint.id ? conversationKeys.thread(hint.id) : conversationKeys.threads, conversationKeys.lists];
    case "status":
      return [localKeys.status];
    case "models":
      return [chatKeys.models];
    case "queue":
      return [localKeys.queue, localKeys.status];
    case "logs":
      return [adminKeys.logs, chatKeys.spend];
    case "users":
      return [adminKeys.users, adminKeys.teams];
    case "keys":
      return [adminKeys.keys];
    case "providers":
      return [adminKeys.providers, chatKeys.models];
    case "audit":
      return [adminKeys.audit];
    case "limits":
      return [adminKeys.limits, adminKeys.teams];
    case "dashboard":
      return [adminKeys.dashboard];
    default:
      hint.topic satisfies never;
      return [];
  }
}

/**
 * Collects hints and invalidates at most every `everyMs`, so that a busy
 * server costs a page a few requests a second and not one per call.
 */
export function createInvalidator(client: QueryClient, everyMs = 300) {
  const pending = new Map<string, QueryKey>();
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    const keys = [...pending.values()];
    pending.clear();
    for (const queryKey of keys) void client.invalidateQueries({ queryKey });
  };
  return {
    hint(hint: Hint) {
      for (const key of staleAfter(hint)) pending.set(JSON.stringify(key), key);
      timer ??= window.setTimeout(flush, everyMs);
    },
    /** After a gap in the stream everything shown may be old. */
    all() {
      void client.invalidateQueries();
    },
    close() {
      window.clearTimeout(timer);
    },
  };
}
