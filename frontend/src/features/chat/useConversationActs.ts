import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { conversationKeys, patchConversation, patchInLists, patchThread, problemOf, restoreConversation, trashConversation, type Conversation } from "@/api";
import { useT } from "@/i18n";
import { copyText, useToasts } from "@/ui";

/** What can be done to a conversation: shown at once, taken back if the host refuses. */
export function useConversationActs() {
  const t = useT();
  const client = useQueryClient();
  const toasts = useToasts();
  const navigate = useNavigate();
  return useMemo(() => {
    const refresh = (id: string) => {
      void client.invalidateQueries({ queryKey: conversationKeys.lists });
      void client.invalidateQueries({ queryKey: conversationKeys.thread(id) });
    };
    const attempt = async (id: string, act: () => Promise<unknown>) => {
      try {
        await act();
        return true;
      } catch (error) {
        toasts.problem(problemOf(error));
        return false;
      } finally {
        refresh(id);
      }
    };
    const change = (id: string, patch: Partial<Pick<Conversation, "title" | "pinned" | "model">>) => {
      patchInLists(client, id, (c) => ({ ...c, ...patch }));
      patchThread(client, id, (thread) => ({ ...thread, conversation: { ...thread.conversation, ...patch } }));
      return attempt(id, () => patchConversation(id, patch));
    };
    const restore = async (id: string) => {
      if (await attempt(id, () => restoreConversation(id))) toasts.show({ title: t("chat.restored"), tone: "ok" });
    };
    return {
      rename: (id: string, title: string) => change(id, { title: title.trim() }),
      pin: (id: string, pinned: boolean) => change(id, { pinned }),
      setModel: (id: string, model: string) => change(id, { model }),
      restore,
      /** For whoever sets a budget for it in the console. */
      async copyId(id: string) {
        if (await copyText(id)) toasts.show({ title: t("chat.idCopied"), tone: "ok" });
      },
      /** Leaves the page first when it shows what goes. */
      async trash(id: string, open: boolean) {
        patchInLists(client, id, () => undefined);
        if (open) void navigate({ to: "/chat/{-$conversationId}" as never, params: { conversationId: undefined } as never });
        if (!(await attempt(id, () => trashConversation(id)))) return;
        toasts.show({
          title: t("chat.deleted"),
          undo: () => {
            void restore(id).then(() => {
              if (open) void navigate({ to: "/chat/{-$conversationId}" as never, params: { conversationId: id } as never });
            });
          },
        });
      },
    };
  }, [client, navigate, t, toasts]);
}
