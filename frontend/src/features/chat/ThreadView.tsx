import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from "react";
import type { Message } from "@/api";
import { useT } from "@/i18n";
import { IconButton } from "@/ui";
import { Answer } from "./Answer";
import { createFollow } from "./follow";
import { LiveAnswer } from "./LiveAnswer";
import type { Step } from "./tree";
import { UserMessage } from "./UserMessage";

export interface ThreadHandle {
  toEnd(): void;
}

interface Props {
  ref?: Ref<ThreadHandle>;
  conversationId: string;
  label: string;
  steps: readonly Step[];
}

/** Shorter threads are all in the document: found, copied and printed by the browser. */
const virtualFrom = 60;

/** The messages of one path in a reading column; long threads keep only what is in sight. */
export function ThreadView({ ref, conversationId, label, steps }: Props) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const column = useRef<HTMLDivElement>(null);
  const [follow] = useState(createFollow);
  const [away, setAway] = useState(false);

  // eslint-disable-next-line react-hooks/incompatible-library -- the rows read its result while rendering, nothing is memoised on it
  const virtual = useVirtualizer({
    count: steps.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (steps[index]?.node.message?.role === "user" ? 90 : 320),
    getItemKey: (index) => steps[index]?.node.id ?? index,
    overscan: 6,
    rangeExtractor: (range) => (steps.length <= virtualFrom ? Array.from({ length: steps.length }, (_, i) => i) : defaultRangeExtractor(range)),
    initialRect: { width: 700, height: 700 },
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = Math.max(0, virtual.getTotalSize() - (items.at(-1)?.end ?? 0));

  const grew = useCallback(() => {
    if (scroller.current) follow.grew(scroller.current);
  }, [follow]);
  useLayoutEffect(grew, [grew, steps.length]);
  useEffect(() => {
    const element = column.current;
    if (!element) return;
    // Pictures, colours and fonts change heights after the text is there.
    const observer = new ResizeObserver(grew);
    observer.observe(element);
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [grew]);
  const toEnd = useCallback(() => {
    follow.resume();
    setAway(false);
    grew();
  }, [follow, grew]);
  useImperativeHandle(ref, () => ({ toEnd }), [toEnd]);

  const onScroll = () => {
    if (!scroller.current) return;
    follow.scrolled(scroller.current);
    setAway(!follow.following);
  };
  return (
    <div className="relative min-h-0 flex-1">
      {/* The region scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div ref={scroller} onScroll={onScroll} role="log" aria-live="off" aria-label={label} tabIndex={0} className="h-full overflow-y-auto overscroll-contain focus-visible:-outline-offset-2">
        <div ref={column} className="mx-auto max-w-[40rem] px-5 pb-8" style={{ paddingTop: before }}>
          {items.map((item) => {
            const step = steps[item.index];
            if (!step) return null;
            return (
              <div key={item.key} ref={virtual.measureElement} data-index={item.index} className="[contain:layout_style]">
                <Row conversationId={conversationId} step={step} question={steps[item.index - 1]?.node.message} last={item.index === steps.length - 1} onGrow={grew} />
              </div>
            );
          })}
          <div style={{ height: after }} />
        </div>
      </div>
      {away && (
        <div className="absolute inset-x-0 bottom-3 flex justify-center">
          <IconButton label={t("chat.jumpToEnd")} tone="secondary" onClick={toEnd} className="rounded-full shadow-float">
            <ArrowDown size={15} aria-hidden />
          </IconButton>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  conversationId: string;
  step: Step;
  question: Message | undefined;
  last: boolean;
  onGrow: () => void;
}

function Row({ conversationId, step, question, last, onGrow }: RowProps) {
  const { message } = step.node;
  if (!message) return <LiveAnswer conversationId={conversationId} versions={step.versions} onGrow={onGrow} />;
  if (message.role === "user") return <UserMessage message={message} versions={step.versions} />;
  if (message.role === "assistant") return <Answer message={message} question={question?.role === "user" ? question : undefined} versions={step.versions} last={last} />;
  return <p className="pt-6 text-xs text-faint">{message.text}</p>;
}
