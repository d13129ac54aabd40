import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { addToList, conversationKeys, createConversation, hasCode, patchInLists, patchThread, saveDraft, type Thread } from "@/api";

/** Typing pauses this long before a draft is stored. ms */
const pause = 400;

interface Options {
  conversationId: string;
  /** False until the host knows the conversation. */
  exists: boolean;
  model: string;
  onCreated: () => void;
}

/** Keeps what is typed: stored at every pause, and when the view goes. */
export function useDraft({ conversationId, exists, model, onCreated }: Options) {
  const client = useQueryClient();
  const [failed, setFailed] = useState(false);
  const timer = useRef<number>(undefined);
  const pending = useRef<string>(undefined);
  const known = useRef(exists);
  const latest = useRef({ model, onCreated });
  useEffect(() => {
    latest.current = { model, onCreated };
    if (exists) known.current = true;
  });

  const flush = useCallback(async () => {
    window.clearTimeout(timer.current);
    const text = pending.current;
    pending.current = undefined;
    if (text === undefined || (!known.current && text === "")) return;
    try {
      if (!known.current) {
        const conversation = await createConversation(conversationId, latest.current.model);
        known.current = true;
        client.setQueryData<Thread>(conversationKeys.thread(conversationId), (thread) => thread ?? { conversation, messages: [], draft: text });
        addToList(client, { ...conversation, draft: true });
        latest.current.onCreated();
      }
      await saveDraft(conversationId, text).catch(async (error: unknown) => {
        // A first message that was refused leaves a conversation that only this page knows.
        if (!hasCode(error, "not_found")) throw error;
        await createConversation(conversationId, latest.current.model);
        await saveDraft(conversationId, text);
      });
      patchThread(client, conversationId, (thread) => ({ ...thread, draft: text }));
      patchInLists(client, conversationId, (c) => ({ ...c, draft: text !== "" }));
      setFailed(false);
    } catch {
      // The text is still in the field; the next pause tries again.
      setFailed(true);
    }
  }, [client, conversationId]);

  const change = useCallback(
    (text: string) => {
      pending.current = text;
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(() => void flush(), pause);
    },
    [flush],
  );
  /** The text is on its way: do not store it as a draft meanwhile. */
  const hold = useCallback(() => {
    window.clearTimeout(timer.current);
    pending.current = undefined;
  }, []);
  /** The text became a message: nothing is left of the draft. */
  const sent = useCallback(() => {
    known.current = true;
    patchThread(client, conversationId, (thread) => ({ ...thread, draft: "" }));
    void saveDraft(conversationId, "").catch(() => undefined);
  }, [client, conversationId]);

  useEffect(() => {
    const leave = () => void flush();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      void flush();
    };
  }, [flush]);

  return { change, hold, sent, failed, flush };
}
