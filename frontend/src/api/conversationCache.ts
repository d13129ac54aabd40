// Small patches of the conversation caches, so that what the user did shows at
// once and what a stream brought needs no second request.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { conversationKeys } from "./conversations";
import type { Conversation, ConversationId, ConversationPage, Message, Thread } from "./types";

type Pages = InfiniteData<ConversationPage, string>;

/** Changes one conversation in every list that shows it; undefined takes it out. */
export function patchInLists(client: QueryClient, id: ConversationId, change: (c: Conversation) => Conversation | undefined): void {
  client.setQueriesData<Pages>({ queryKey: conversationKeys.lists }, (pages) =>
    pages && {
      ...pages,
      pages: pages.pages.map((page) => ({
        ...page,
        items: page.items.flatMap((c) => (c.id === id ? (change(c) ?? []) : c)),
      })),
    },
  );
}

/** Shows a conversation at the top of the plain list before the host confirmed it. */
export function addToList(client: QueryClient, conversation: Conversation): void {
  client.setQueryData<Pages>(conversationKeys.list("", false), (pages) => {
    const first = pages?.pages[0];
    if (!pages || !first || pages.pages.some((page) => page.items.some((c) => c.id === conversation.id))) return pages;
    return { ...pages, pages: [{ ...first, items: [conversation, ...first.items] }, ...pages.pages.slice(1)] };
  });
}

export function patchThread(client: QueryClient, id: ConversationId, change: (thread: Thread) => Thread): void {
  client.setQueryData<Thread>(conversationKeys.thread(id), (thread) => thread && change(thread));
}

/** Puts a message into its thread, or replaces the one with its id. */
export function putMessage(client: QueryClient, message: Message): void {
  patchThread(client, message.conversation_id, (thread) => ({
    ...thread,
    messages: thread.messages.some((m) => m.id === message.id) ? thread.messages.map((m) => (m.id === message.id ? message : m)) : [...thread.messages, message],
  }));
}

export function dropMessage(client: QueryClient, conversationId: ConversationId, id: string): void {
  patchThread(client, conversationId, (thread) => ({ ...thread, messages: thread.messages.filter((m) => m.id !== id) }));
}

/** The thread of a conversation that exists nowhere yet. */
export function newThread(id: ConversationId, model: string, now: Date = new Date()): Thread {
  const at = now.toISOString();
  return { conversation: { id, title: "", model, pinned: false, created_at: at, last_at: at, unsent: 0, draft: false }, messages: [], draft: "" };
}
