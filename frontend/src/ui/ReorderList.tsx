import { GripVertical } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";
import { moved, slotAt } from "./reorder";

interface Props {
  /** Read aloud. */
  label: string;
  /** In order; each once. */
  items: readonly string[];
  onChange: (items: string[]) => void;
  render: (item: string, index: number) => ReactNode;
}

/** A list whose order is changed by dragging a handle, or with the arrow keys on it. */
export function ReorderList({ label, items, onChange, render }: Props) {
  const t = useT();
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<string>();
  const [said, setSaid] = useState("");
  const move = (item: string, to: number) => {
    const from = items.indexOf(item);
    const at = Math.max(0, Math.min(items.length - 1, to));
    if (from < 0 || from === at) return;
    onChange(moved(items, from, at));
    setSaid(t("ui.movedTo", { name: item, position: at + 1, count: items.length }));
  };
  const onKey = (event: KeyboardEvent, item: string, index: number) => {
    const to = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    move(item, to);
  };
  const onPointerMove = (event: PointerEvent) => {
    if (dragged === undefined || !list.current) return;
    const middles = Array.from(list.current.children, (row) => {
      const { top, height } = row.getBoundingClientRect();
      return top + height / 2;
    });
    move(dragged, slotAt(middles, event.clientY, items.indexOf(dragged)));
  };
  return (
    <>
      <ol ref={list} aria-label={label} className="flex flex-col overflow-hidden rounded-md hairline">
        {items.map((item, index) => (
          <li key={item} className={cx("flex min-h-9 items-center gap-2 border-b border-line bg-overlay pe-2 last:border-0", dragged === item && "bg-accent/10")}>
            <button
              type="button"
              aria-label={t("ui.move", { name: item, position: index + 1 })}
              title={t("ui.moveHelp")}
              onKeyDown={(event) => onKey(event, item, index)}
              onPointerDown={(event) => {
                event.currentTarget.setPointerCapture(event.pointerId);
                setDragged(item);
              }}
              onPointerMove={onPointerMove}
              onPointerUp={() => setDragged(undefined)}
              onPointerCancel={() => setDragged(undefined)}
              className="flex h-9 w-7 shrink-0 cursor-grab touch-none items-center justify-center text-faint hover:text-text focus-visible:-outline-offset-2 active:cursor-grabbing"
            >
              <GripVertical size={14} aria-hidden />
            </button>
            <span className="num w-4 shrink-0 text-xs text-faint" aria-hidden>{index + 1}</span>
            <div className="min-w-0 flex-1">{render(item, index)}</div>
          </li>
        ))}
      </ol>
      <p role="status" className="sr-only">{said}</p>
    </>
  );
}
