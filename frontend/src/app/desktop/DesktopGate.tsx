import { useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { conversationKeys, currentAuth, fetchRun, patchInLists, patchThread, putMessage, type Message } from "@/api";
import { Front } from "@/features/account";
import { useT } from "@/i18n";
import { createRuns, RunsContext, type HostStream, type LiveRun } from "@/stream";
import { Button } from "@/ui";
import type { Entry } from "./enter";
import { HostContext } from "./HostContext";
import { desktopRouter } from "./router";

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

/** The pages, or why they cannot be shown. */
export function DesktopGate({ entry, stream }: { entry: Entry; stream: HostStream }) {
  const t = useT();
  const client = useQueryClient();
  const [lost, setLost] = useState(false);
  useEffect(() => currentAuth().onLost(() => setLost(true)), []);
  const runs = useMemo(
    () =>
      createRuns({
        fetchRun,
        onEnd(run, message) {
          const answer = message ?? written(run);
          if (answer) putMessage(client, answer);
          patchThread(client, run.conversationId, ({ run: _over, ...thread }) => thread);
          patchInLists(client, run.conversationId, ({ run_id: _over, ...c }) => c);
          void client.invalidateQueries({ queryKey: conversationKeys.thread(run.conversationId) });
          void client.invalidateQueries({ queryKey: conversationKeys.lists });
        },
      }),
    [client],
  );
  if (entry === "unreachable") {
    return (
      <Front title={t("local.status.hostGone")} lead={t("hint.network")}>
        <Button size="lg" onClick={() => window.location.reload()}>
          {t("ui.tryAgain")}
        </Button>
      </Front>
    );
  }
  if (entry === "bad-link") return <Front title={t("app.badLink.title")} lead={t("app.badLink.text")} />;
  if (entry === "no-link" || lost) return <Front title={t("app.locked.title")} lead={t("app.locked.text")} />;
  return (
    <HostContext value={stream}>
      <RunsContext value={runs}>
        <RouterProvider router={desktopRouter} />
      </RunsContext>
    </HostContext>
  );
}
