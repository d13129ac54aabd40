import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { addToList, conversationKeys, dropMessage, localKeys, newId, newThread, problemOf, putMessage, sendMessage, type Message, type Thread } from "@/api";
import { useRuns } from "@/stream";
import { useToasts } from "@/ui";

export interface SendInput {
  conversationId: string;
  /** The message it follows; "" at the start. */
  parentId: string;
  text: string;
  model: string;
}

/** Sends, resends and regenerates. The ids are made here: a repeat attaches to the same run. */
export function useSend() {
  const client = useQueryClient();
  const runs = useRuns();
  const toasts = useToasts();

  const settle = useCallback(
    (conversationId: string) => {
      void client.invalidateQueries({ queryKey: conversationKeys.thread(conversationId) });
      void client.invalidateQueries({ queryKey: conversationKeys.lists });
      void client.invalidateQueries({ queryKey: localKeys.queue });
      void client.invalidateQueries({ queryKey: localKeys.status });
    },
    [client],
  );

  /** Resolves to false when the message could not be stored: the text is still the caller's. */
  const send = useCallback(
    async ({ conversationId, parentId, text, model }: SendInput): Promise<boolean> => {
      const id = newId();
      const now = new Date();
      const message: Message = { id, conversation_id: conversationId, role: "user", text, state: "saving", created_at: now.toISOString(), ...(parentId ? { parent_id: parentId } : {}) };
      // Not awaited: what follows must be in the cache before anybody looks.
      void client.cancelQueries({ queryKey: conversationKeys.thread(conversationId) });
      const known = client.getQueryData<Thread>(conversationKeys.thread(conversationId));
      if (!known) client.setQueryData(conversationKeys.thread(conversationId), newThread(conversationId, model, now));
      putMessage(client, message);
      addToList(client, { ...(known?.conversation ?? newThread(conversationId, model, now).conversation), last_at: now.toISOString(), draft: false });
      try {
        const run = await sendMessage({ conversation_id: conversationId, message_id: id, text, model, ...(parentId ? { parent_id: parentId } : {}) });
        runs.adopt(run);
        settle(conversationId);
        return true;
      } catch (error) {
        dropMessage(client, conversationId, id);
        toasts.problem(problemOf(error));
        // The thread is not asked again: it may exist here only, with the text that did not get through.
        void client.invalidateQueries({ queryKey: conversationKeys.lists });
        return false;
      }
    },
    [client, runs, settle, toasts],
  );

  /** Writes one more answer to a message. */
  const regenerate = useCallback(
    async (message: Message, model: string): Promise<void> => {
      try {
        const run = await sendMessage({ conversation_id: message.conversation_id, message_id: message.id, model, regenerate: newId(), ...(message.parent_id ? { parent_id: message.parent_id } : {}) });
        runs.adopt(run);
        settle(message.conversation_id);
      } catch (error) {
        toasts.problem(problemOf(error));
      }
    },
    [runs, settle, toasts],
  );

  return { send, regenerate };
}
