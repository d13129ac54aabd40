import type { QueryClient } from "@tanstack/react-query";
import { conversationKeys, fetchRun, patchInLists, patchThread, putMessage, type Message } from "@/api";
import { createRuns, type LiveRun, type Runs } from "@/stream";

/** The running answers of this page; what ends enters the query cache. */
export function createDesktopRuns(client: QueryClient): Runs {
  return createRuns({
    fetchRun,
    onEnd(run, message) {
      const answer = message ?? written(run);
      if (answer) putMessage(client, answer);
      patchThread(client, run.conversationId, ({ run: _over, ...thread }) => thread);
      patchInLists(client, run.conversationId, ({ run_id: _over, ...c }) => c);
      void client.invalidateQueries({ queryKey: conversationKeys.thread(run.conversationId) });
      void client.invalidateQueries({ queryKey: conversationKeys.lists });
    },
  });
}

/** What is known of an answer whose last event was missed, until the thread is asked again. */
function written(run: LiveRun): Message | undefined {
  if (run.state === "failed" || !run.messageId || !run.text) return undefined;
  return {
    id: run.answerId,
    conversation_id: run.conversationId,
    parent_id: run.messageId,
    role: "assistant",
    text: run.text,
    model: run.model,
    finish: run.state === "stopped" ? "stopped" : "stop",
    created_at: new Date().toISOString(),
    state: "sent",
  };
}
