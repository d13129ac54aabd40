import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowLeft, Search, SquarePen, Trash2, X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore, type KeyboardEvent } from "react";
import { keysOf, useAction } from "@/actions";
import { conversationsQuery, problemOf } from "@/api";
import { useFormat, useT } from "@/i18n";
import { useRuns } from "@/stream";
import { Bar, Button, cx, EmptyState, IconButton, Input, Skeleton, View } from "@/ui";
import { ConversationRow } from "./ConversationRow";
import { groupByDay, type Row } from "./groups";
import { useToday } from "./useToday";

interface Props {
  openId: string | undefined;
  onOpen: (id: string) => void;
  onNew: () => void;
}

const heights = { heading: 32, conversation: 32 };

/** Conversations grouped by day; the same list shows the trash. */
export function ConversationList({ openId, onOpen, onNew }: Props) {
  const t = useT();
  const [trash, setTrash] = useState(false);
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const field = useRef<HTMLInputElement>(null);
  const list = useInfiniteQuery(conversationsQuery(search, trash));
  const create = useAction("chat.new");
  const today = useToday();
  const rows = useMemo(() => groupByDay((list.data?.pages ?? []).flatMap((page) => page.items), today), [list.data, today]);
  useEffect(() => {
    const focus = () => field.current?.focus();
    window.addEventListener("nexus:find", focus);
    return () => window.removeEventListener("nexus:find", focus);
  }, []);

  return (
    <section aria-label={trash ? t("chat.trash") : t("chat.conversations")} className="flex h-full flex-col bg-surface">
      <header className="flex h-12 shrink-0 items-center gap-1 ps-4 pe-2">
        {trash && (
          <IconButton label={t("chat.backToChats")} onClick={() => setTrash(false)} className="-ms-2">
            <ArrowLeft size={15} aria-hidden />
          </IconButton>
        )}
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">{trash ? t("chat.trash") : t("app.chat")}</h2>
        {!trash && (
          <IconButton label={t("chat.trash")} onClick={() => setTrash(true)}>
            <Trash2 size={15} aria-hidden />
          </IconButton>
        )}
        <IconButton label={t("chat.newChat")} keys={create?.shortcuts?.[0] ? keysOf(create.shortcuts[0]) : undefined} onClick={onNew}>
          <SquarePen size={15} aria-hidden />
        </IconButton>
      </header>
      <div className="px-3 pb-2">
        <Input
          ref={field}
          type="text"
          role="searchbox"
          aria-label={t("chat.search")}
          placeholder={t("chat.search")}
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && setText("")}
          leading={<Search size={14} aria-hidden />}
          trailing={
            text && (
              <IconButton size="sm" label={t("chat.clearSearch")} onClick={() => setText("")}>
                <X size={13} aria-hidden />
              </IconButton>
            )
          }
        />
      </div>
      <div className="min-h-0 flex-1">
        <View
          query={list}
          problem={list.error ? problemOf(list.error) : undefined}
          skeleton={<ListSkeleton />}
          isEmpty={() => rows.length === 0}
          empty={search ? <EmptyState title={t("chat.emptySearch", { text: search })} /> : trash ? <EmptyState title={t("chat.emptyTrash")}>{t("chat.emptyTrashText")}</EmptyState> : <EmptyState title={t("chat.emptyList")}>{t("chat.emptyListText")}</EmptyState>}
        >
          {() => <Rows rows={rows} openId={openId} onOpen={onOpen} trash={trash} more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined} fetching={list.isFetchingNextPage} />}
        </View>
      </div>
    </section>
  );
}

interface RowsProps {
  rows: readonly Row[];
  openId: string | undefined;
  onOpen: (id: string) => void;
  trash: boolean;
  more: (() => void) | undefined;
  fetching: boolean;
}

function Rows({ rows, openId, onOpen, trash, more, fetching }: RowsProps) {
  const t = useT();
  const format = useFormat();
  const runs = useRuns();
  const active = useSyncExternalStore(runs.subscribe, runs.active);
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the rows read its result while rendering, nothing is memoised on it
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[rows[index]?.type ?? "conversation"],
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 14,
    initialRect: { width: 280, height: 700 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 20) more();
  }, [more, last, rows.length]);

  const onKey = (event: KeyboardEvent) => {
    const from = Number((event.target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset["index"]);
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0 || Number.isNaN(from) || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    let to = from + by;
    while (rows[to]?.type === "heading") to += by;
    if (!rows[to]) return;
    virtual.scrollToIndex(to);
    window.setTimeout(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus(), 0);
  };
  const name = (row: Extract<Row, { type: "heading" }>) => (row.heading.kind === "month" ? format.month(row.heading.at) : t(`chat.${row.heading.kind}`));

  return (
    <div ref={scroller} className="h-full overflow-y-auto px-2 pb-3">
      {/* Arrow keys move between the links inside. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <ul style={{ height: virtual.getTotalSize() }} className="relative" onKeyDown={onKey}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <li key={item.key} data-index={item.index} style={{ transform: `translateY(${item.start}px)`, height: item.size }} className="absolute inset-x-0 top-0">
              {row.type === "heading" ? (
                <h3 className={cx("truncate px-2 pt-2.5 text-2xs leading-4 font-medium text-faint", row.heading.kind === "month" && "first-letter:uppercase")}>{name(row)}</h3>
              ) : (
                <ConversationRow conversation={row.conversation} open={row.conversation.id === openId} running={active.includes(row.conversation.id) || Boolean(row.conversation.run_id)} trash={trash} onOpen={onOpen} />
              )}
            </li>
          );
        })}
      </ul>
      {more && (
        <Button tone="ghost" size="sm" busy={fetching} onClick={more} className="mx-auto mt-2 !flex">
          {t("chat.loadMore")}
        </Button>
      )}
    </div>
  );
}

function ListSkeleton() {
  return (
    <Skeleton>
      <div className="flex flex-col gap-5 px-4 pt-4">
        {[72, 48, 88, 60, 80, 40, 66].map((width) => (
          <Bar key={width} width={`${width}%`} />
        ))}
      </div>
    </Skeleton>
  );
}
