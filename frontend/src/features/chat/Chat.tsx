import { MessageSquareDashed } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { useAction } from "@/actions";
import { hasCode, openExternal, problemOf } from "@/api";
import { MarkdownContext, webAddress } from "@/features/markdown";
import { useT } from "@/i18n";
import { Bar, Button, EmptyState, Skeleton, useToasts, View } from "@/ui";
import { ChatContext } from "./ChatContext";
import { ChatHeader } from "./ChatHeader";
import { Composer, type ComposerHandle } from "./Composer";
import { StartPanel } from "./StartPanel";
import { ThreadView, type ThreadHandle } from "./ThreadView";
import { TrashBar } from "./TrashBar";
import { useAnnounce } from "./useAnnounce";
import { useChat } from "./useChat";
import { useDraft } from "./useDraft";

interface Props {
  id: string;
  /** Exists nowhere yet. */
  fresh: boolean;
  onExists: (id: string) => void;
  /** Opens the list where it is a drawer. */
  onList: (() => void) | undefined;
}

export function Chat({ id, fresh, onExists, onList }: Props) {
  const t = useT();
  const toasts = useToasts();
  const chat = useChat(id, fresh, onExists);
  const { thread, acts, steps, status, settings } = chat;
  const view = useRef<ThreadHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const draft = useDraft({ conversationId: id, exists: !fresh, model: chat.model, onCreated: () => onExists(id) });
  const announcement = useAnnounce(id);

  const kept = thread.data?.draft ?? "";
  useEffect(() => {
    // Written on another device, or taken back out of the queue.
    if (kept) composer.current?.offer(kept);
  }, [kept]);
  useEffect(() => {
    const focus = () => composer.current?.focus();
    window.addEventListener("nexus:write", focus);
    return () => window.removeEventListener("nexus:write", focus);
  }, []);
  const remoteImages = settings?.remote_images ?? false;
  const markdown = useMemo(
    () => ({
      remoteImages,
      open: (url: string) => {
        if (webAddress(url)) void openExternal(url).catch((error: unknown) => toasts.problem(problemOf(error)));
      },
    }),
    [remoteImages, toasts],
  );

  const conversation = thread.data?.conversation;
  const trashed = Boolean(conversation?.trashed_at);
  const box = (
    <div className="shrink-0 px-5 pb-4">
      <div className="mx-auto max-w-[40rem]">
        <Composer
          ref={composer}
          initial={kept}
          draft={draft}
          model={chat.model}
          models={chat.models}
          onModel={chat.pickModel}
          serverName={status?.server.tenant ?? ""}
          sendWith={settings?.send_with ?? "enter"}
          running={chat.running}
          stopping={acts.stopping}
          queues={chat.queues}
          onSend={(text) => {
            view.current?.toEnd();
            return chat.deliver(text);
          }}
          onStop={acts.stop}
        />
      </div>
    </div>
  );
  const start = <StartPanel model={chat.modelName} status={status} hasModel={chat.models.some((m) => m.state === "ready")} />;
  const body = () => {
    if (fresh) return start;
    if (hasCode(thread.error, "not_found", "gone") && !thread.data) {
      return (
        <div className="flex-1">
          <EmptyState icon={<MessageSquareDashed size={20} />} title={t("chat.missing")} action={<NewChat />}>
            {t("chat.missingText")}
          </EmptyState>
        </div>
      );
    }
    return (
      <View query={thread} problem={thread.error ? problemOf(thread.error) : undefined} skeleton={<ThreadSkeleton />}>
        {() => (
          <>
            {trashed && <TrashBar id={id} />}
            {steps.length === 0 ? start : <ThreadView ref={view} conversationId={id} label={conversation?.title || t("chat.untitled")} steps={steps} />}
          </>
        )}
      </View>
    );
  };
  return (
    <ChatContext value={acts}>
      <MarkdownContext value={markdown}>
        <main id="content" tabIndex={-1} className="flex h-full min-h-0 min-w-0 flex-1 flex-col">
          <ChatHeader id={id} conversation={conversation} steps={steps} running={chat.running} onStop={acts.stop} onList={onList} />
          {body()}
          {/* One place in the tree for all states, so that the field outlives them. */}
          {(fresh || thread.data) && !trashed && box}
          <div aria-live="polite" className="sr-only">
            {announcement}
          </div>
        </main>
      </MarkdownContext>
    </ChatContext>
  );
}

function ThreadSkeleton() {
  return (
    <Skeleton>
      <div className="mx-auto flex max-w-[40rem] flex-col gap-3 px-5 pt-8">
        <Bar className="!h-10 self-end" width="46%" />
        <div className="h-4" />
        <Bar width="30%" />
        {[96, 88, 92, 60].map((width) => (
          <Bar key={width} width={`${width}%`} />
        ))}
      </div>
    </Skeleton>
  );
}

function NewChat() {
  const action = useAction("chat.new");
  return action && <Button onClick={action.run}>{action.label}</Button>;
}
