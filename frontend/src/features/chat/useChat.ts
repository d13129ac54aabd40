import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { conversationKeys, dropQueued, localKeys, modelsQuery, problemOf, retryQueued, settingsQuery, statusQuery, stopRun, threadQuery, type Message } from "@/api";
import { useT } from "@/i18n";
import { useRun, useRuns, type LiveRun } from "@/stream";
import { asStrings, useStored, useToasts } from "@/ui";
import type { ChatActs } from "./ChatContext";
import { chooseModel } from "./chooseModel";
import { pathOf, toNodes, type Choices } from "./tree";
import { useConversationActs } from "./useConversationActs";
import { useSend } from "./useSend";

const shown = (run: LiveRun | undefined) => run !== undefined && run.state !== "waiting";
const answerOf = (run: LiveRun | undefined) => (shown(run) ? run?.answerId : undefined);
const questionOf = (run: LiveRun | undefined) => (shown(run) ? run?.messageId : undefined);
const runningId = (run: LiveRun | undefined) => (run?.state === "running" ? run.id : undefined);

/** What an open conversation shows and what can be done in it. */
export function useChat(id: string, fresh: boolean, onExists: (id: string) => void) {
  const t = useT();
  const client = useQueryClient();
  const runs = useRuns();
  const toasts = useToasts();
  const { send, regenerate } = useSend();
  const { setModel } = useConversationActs();
  const thread = useQuery({ ...threadQuery(id), enabled: !fresh });
  const models = useQuery(modelsQuery());
  const settings = useQuery(settingsQuery());
  const status = useQuery(statusQuery());
  const [choices, setChoices] = useState<Choices>({});
  const [picked, setPicked] = useState<string>();
  const [lastUsed, setLastUsed] = useStored<string[]>("model", [], asStrings);

  const liveRun = thread.data?.run;
  useEffect(() => {
    if (liveRun) runs.adopt(liveRun);
  }, [liveRun, runs]);
  const answerId = useRun(id, answerOf);
  const questionId = useRun(id, questionOf);
  const running = useRun(id, runningId);

  const messages = thread.data?.messages;
  const steps = useMemo(
    () => {
      // A question that says itself why it failed needs no failed answer under it.
      const told = messages?.some((m) => m.id === questionId && (m.state === "failed" || m.state === "waiting")) ?? false;
      return pathOf(toNodes(messages ?? [], answerId && questionId && !(told && !running) ? { answerId, messageId: questionId } : undefined), choices);
    },
    [messages, answerId, questionId, running, choices],
  );

  const chat = (models.data ?? []).filter((m) => m.kind === "chat");
  const proposals = [picked, thread.data?.conversation.model, fresh || !messages?.length ? settings.data?.default_model : undefined, lastUsed[0]];
  const model = chooseModel(chat, proposals, models.isSuccess);
  const chosen = chat.find((m) => m.id === model);
  const queues = status.data !== undefined && chosen !== undefined && !chosen.local && status.data.server.state !== "connected";

  const stop = useMutation({ mutationFn: stopRun, onSuccess: (run) => runs.adopt(run), onError: (error) => toasts.problem(problemOf(error)) });
  const refresh = useCallback(() => {
    for (const queryKey of [conversationKeys.thread(id), conversationKeys.lists, localKeys.queue, localKeys.status]) void client.invalidateQueries({ queryKey });
  }, [client, id]);

  const parentOf = (message: Message) => message.parent_id ?? "";
  const forgetChoice = (parent: string) => setChoices(({ [parent]: _newestFromNow, ...rest }) => rest);
  const deliver = async (parentId: string, text: string) => {
    forgetChoice(parentId);
    const sending = send({ conversationId: id, parentId, text, model });
    if (fresh) onExists(id);
    setLastUsed([model]);
    return sending;
  };
  const acts: ChatActs = {
    choose: (parentId, version) => setChoices((known) => ({ ...known, [parentId]: version })),
    regenerate: (question) => {
      forgetChoice(question.id);
      void regenerate(question, model);
    },
    resend: (original, text) => deliver(parentOf(original), text),
    retry: (message) => void retryQueued(message.id).then(refresh, (error: unknown) => toasts.problem(problemOf(error))),
    takeBack: (message) =>
      void dropQueued(message.id).then(
        () => {
          toasts.show({ title: t("chat.takenBack") });
          refresh();
        },
        (error: unknown) => toasts.problem(problemOf(error)),
      ),
    stop: () => running && stop.mutate(running),
    stopping: stop.isPending,
    idle: running === undefined,
  };
  return {
    thread,
    steps,
    acts,
    running: running !== undefined,
    model,
    models: chat,
    modelName: chosen?.name ?? model,
    queues,
    status: status.data,
    settings: settings.data,
    pickModel(next: string) {
      setPicked(next);
      setLastUsed([next]);
      if (!fresh) void setModel(id, next);
    },
    deliver: (text: string) => deliver(steps.at(-1)?.node.id ?? "", text),
  };
}
