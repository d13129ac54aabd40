import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock, RotateCcw, Undo2 } from "lucide-react";
import { conversationKeys, dropQueued, localKeys, problemOf, queueQuery, retryQueued, type QueueItem } from "@/api";
import { translateWire, useFormat, useT } from "@/i18n";
import { Badge, Button, EmptyState, FamilyBadge, familyOf, Page, TableSkeleton, useToasts, View, type Tone } from "@/ui";

const tones: Record<QueueItem["state"], Tone> = { waiting: "warn", sending: "info", failed: "danger" };

/** Messages that wait for their model. */
export function QueuePage() {
  const t = useT();
  const queue = useQuery(queueQuery());
  return (
    <Page title={t("local.queue.title")} lead={t("local.queue.lead")}>
      <View
        query={queue}
        problem={queue.error ? problemOf(queue.error) : undefined}
        skeleton={<TableSkeleton rows={3} columns={3} />}
        isEmpty={(items) => items.length === 0}
        empty={<EmptyState icon={<Clock size={20} />} title={t("local.queue.empty")}>{t("local.queue.emptyText")}</EmptyState>}
      >
        {(items) => (
          <ul className="mx-auto max-w-[820px] divide-y divide-line">
            {items.map((item) => (
              <Waiting key={item.message_id} item={item} />
            ))}
          </ul>
        )}
      </View>
    </Page>
  );
}

function Waiting({ item }: { item: QueueItem }) {
  const t = useT();
  const format = useFormat();
  const client = useQueryClient();
  const toasts = useToasts();
  const after = (title: string) => {
    toasts.show({ title });
    for (const queryKey of [localKeys.queue, localKeys.status, conversationKeys.thread(item.conversation_id), conversationKeys.lists]) void client.invalidateQueries({ queryKey });
  };
  const failed = (error: unknown) => toasts.problem(problemOf(error));
  const retry = useMutation({ mutationFn: retryQueued, onSuccess: () => after(t("local.queue.retried")), onError: failed });
  const drop = useMutation({ mutationFn: dropQueued, onSuccess: () => after(t("local.queue.dropped")), onError: failed });
  const reason = item.waits_for && translateWire(`fault.${item.waits_for}`);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 py-4">
      <div className="min-w-60 flex-1">
        <Link to={"/chat/{-$conversationId}" as never} params={{ conversationId: item.conversation_id } as never} className="line-clamp-2 text-sm hover:underline" dir="auto">
          {item.text}
        </Link>
        <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
          <span className="max-w-60 truncate" dir="auto">{item.title || t("chat.untitled")}</span>
          <span className="flex items-center gap-1.5">
            <FamilyBadge family={familyOf(item.model)} />
            {item.model.replace(/^local\//, "")}
          </span>
          <time dateTime={item.since} title={format.full(item.since)} className="num">{format.ago(item.since)}</time>
          {reason && <span className={item.state === "failed" ? "text-danger" : ""}>{reason}</span>}
        </div>
      </div>
      <Badge tone={tones[item.state]} pulse={item.state === "sending"}>
        {t(`local.queue.${item.state}`)}
        {item.attempts > 1 && <span className="num text-faint">×{format.integer(item.attempts)}</span>}
      </Badge>
      <div className="flex gap-1">
        <Button size="sm" icon={<RotateCcw size={12} aria-hidden />} busy={retry.isPending} onClick={() => retry.mutate(item.message_id)}>
          {t("local.queue.retry")}
        </Button>
        <Button size="sm" tone="ghost" icon={<Undo2 size={12} aria-hidden />} busy={drop.isPending} onClick={() => drop.mutate(item.message_id)}>
          {t("local.queue.drop")}
        </Button>
      </div>
    </li>
  );
}
