import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from "react";
import { useT } from "@/i18n";
import { asNumber, useStored } from "./useStored";

interface Props {
  /** Names the remembered width. */
  id: string;
  label: string;
  initial: number;
  min: number;
  max: number;
  side: ReactNode;
  children: ReactNode;
}

/** A pane beside the content whose width can be dragged, keyed and remembered. */
export function SplitPane({ id, label, initial, min, max, side, children }: Props) {
  const t = useT();
  const [width, setWidth] = useStored(`pane.${id}`, initial, asNumber);
  const start = useRef<{ x: number; width: number } | undefined>(undefined);
  const clamp = (w: number) => Math.round(Math.min(max, Math.max(min, w)));
  const rtl = () => document.documentElement.dir === "rtl";
  const onMove = (event: PointerEvent) => {
    if (!start.current) return;
    const delta = (event.clientX - start.current.x) * (rtl() ? -1 : 1);
    setWidth(clamp(start.current.width + delta));
  };
  const onKey = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 16 : event.key === "ArrowLeft" ? -16 : 0;
    if (by === 0) return;
    event.preventDefault();
    setWidth(clamp(width + by));
  };
  return (
    <div className="flex h-full min-h-0 min-w-0 flex-1">
      <aside aria-label={label} className="flex h-full shrink-0">
      <div style={{ width: clamp(width) }} className="h-full">
        {side}
      </div>
      {/* A separator that can be moved is a widget (WAI-ARIA "window splitter"). */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        role="separator"
        aria-orientation="vertical"
        aria-label={t("ui.resize", { name: label })}
        aria-valuenow={clamp(width)}
        aria-valuemin={min}
        aria-valuemax={max}
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        onKeyDown={onKey}
        onDoubleClick={() => setWidth(initial)}
        onPointerDown={(event) => {
          start.current = { x: event.clientX, width };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onMove}
        onPointerUp={() => (start.current = undefined)}
        className="relative z-10 w-px shrink-0 cursor-col-resize bg-line transition-colors before:absolute before:inset-y-0 before:-inset-x-1 hover:bg-line-strong focus-visible:bg-accent focus-visible:outline-none active:bg-accent"
      />
      </aside>
      <div className="flex h-full min-w-0 flex-1 flex-col">{children}</div>
    </div>
  );
}
