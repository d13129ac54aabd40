import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, take } from "./client";
import type { ConversationId } from "./types";

export const conversationKeys = {
  lists: ["conversations"] as const,
  list: (search: string, trash: boolean) => ["conversations", { search, trash }] as const,
  threads: ["thread"] as const,
  thread: (id: ConversationId) => ["thread", id] as const,
};

/** Conversations, newest first, a page at a time. */
export const conversationsQuery = (search: string, trash: boolean) =>
  infiniteQueryOptions({
    queryKey: conversationKeys.list(search, trash),
    queryFn: ({ pageParam, signal }) =>
      take(api.GET("/api/conversations", { params: { query: { limit: 100, trash, ...(search ? { q: search } : {}), ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: (previous) => previous,
  });

/** One conversation with its messages, its draft and the answer being written. */
export const threadQuery = (id: ConversationId) =>
  queryOptions({
    queryKey: conversationKeys.thread(id),
    queryFn: ({ signal }) => take(api.GET("/api/conversations/{id}", { params: { path: { id } }, signal })),
  });

export const createConversation = (id: ConversationId, model: string) =>
  take(api.POST("/api/conversations", { body: { id, ...(model ? { model } : {}) } }));

export const patchConversation = (id: ConversationId, body: { title?: string; model?: string; pinned?: boolean }) =>
  take(api.PATCH("/api/conversations/{id}", { params: { path: { id } }, body }));

export const trashConversation = (id: ConversationId) =>
  take(api.DELETE("/api/conversations/{id}", { params: { path: { id } } }));

export const restoreConversation = (id: ConversationId) =>
  take(api.POST("/api/conversations/{id}/restore", { params: { path: { id } } }));

export const saveDraft = (id: ConversationId, text: string) =>
  take(api.PUT("/api/conversations/{id}/draft", { params: { path: { id } }, body: { text } }));
