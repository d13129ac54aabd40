import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { useFormat } from "@/i18n";
import { cx } from "../cx";
import { asStrings, useStored } from "../useStored";
import { sorted, type Column, type Sort } from "./column";
import { HeaderRow } from "./HeaderRow";
import { TableTools } from "./TableTools";
import { useWidth } from "./useWidth";

interface Props<Row> {
  /** Names the remembered columns and the exported file. */
  id: string;
  /** Read aloud. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Enter or click. */
  onOpen?: (row: Row) => void;
  /** The row whose details are open. */
  openKey?: string | undefined;
  /** Filters, to the left of export and column choice. */
  toolbar?: ReactNode;
  /** Takes the place of the button that exports the rows that are here. */
  exporter?: ReactNode;
  /** Called near the end of the rows, to fetch more. */
  onEnd?: () => void;
  /** Told when the reader leaves the top of the rows, and when they are back. */
  onTop?: (atTop: boolean) => void;
  /** Shown in place of rows. */
  empty?: ReactNode;
  initialSort?: Sort;
  /** Sort is kept by the caller (in the URL). */
  sort?: Sort | undefined;
  onSort?: (sort: Sort | undefined) => void;
}

/** A name that is written from right to left is cut at its own end, not at its beginning. */
const wholeName = "[&>bdi]:block [&>bdi]:w-fit [&>bdi]:max-w-full [&>bdi]:truncate";
const rowHeight = 36;
const overscan = 12;

/**
 * Rows under a header that stays: keyboard rows (↑ ↓ Home End Enter), chosen
 * columns, totals, export. Only the rows in sight are in the document.
 */
export function Table<Row>({ id, label, columns, rows, rowKey, onOpen, openKey, toolbar, exporter, onEnd, onTop, empty, initialSort, sort: given, onSort }: Props<Row>) {
  const format = useFormat();
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const [hidden, setHidden] = useStored(`table.${id}`, columns.filter((c) => c.hidden).map((c) => c.id), asStrings);
  const [ownSort, setOwnSort] = useState<Sort | undefined>(initialSort);
  const sort = onSort ? given : ownSort;
  const [active, setActive] = useState(0);

  const shown = useMemo(() => columns.filter((c) => c.fixed || (!hidden.includes(c.id) && (c.from === undefined || width === 0 || width >= c.from))), [columns, hidden, width]);
  const ordered = useMemo(() => sorted(rows, columns, sort, format.compare), [rows, columns, sort, format]);
  const template = shown.map((c) => `minmax(${c.width}px, ${c.grow ? `${c.grow}fr` : `${c.width}px`})`).join(" ");
  const leastWidth = shown.reduce((sum, c) => sum + c.width, 0) + 24;

  // eslint-disable-next-line react-hooks/incompatible-library -- the rows read its result while rendering, nothing is memoised on it
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan,
    scrollPaddingStart: 32,
    initialRect: { width: 800, height: 600 },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && ordered.length > 0 && last >= ordered.length - overscan) onEnd();
  }, [last, ordered.length, onEnd]);

  const atTop = useRef(true);
  const onScroll = () => {
    const now = (scroller.current?.scrollTop ?? 0) < rowHeight;
    if (now === atTop.current) return;
    atTop.current = now;
    onTop?.(now);
  };

  const focusRow = (index: number) => {
    const next = Math.max(0, Math.min(ordered.length - 1, index));
    setActive(next);
    virtual.scrollToIndex(next);
    window.setTimeout(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${next}"]`)?.focus(), 0);
  };
  const onKey = (event: KeyboardEvent, index: number, row: Row) => {
    if (event.target !== event.currentTarget) return;
    const moves: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: ordered.length - 1, PageDown: index + 12, PageUp: index - 12 };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      focusRow(to);
    } else if ((event.key === "Enter" || event.key === " ") && onOpen) {
      event.preventDefault();
      onOpen(row);
    }
  };

  const totals = shown.some((c) => c.total !== undefined);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <TableTools id={id} columns={columns} hidden={hidden} onHidden={setHidden} rows={ordered} exporter={exporter}>
        {toolbar}
      </TableTools>
      <div ref={scroller} onScroll={onTop && onScroll} className="relative min-h-0 flex-1 overflow-auto" data-scroller={id}>
        {ordered.length === 0 && empty ? (
          empty
        ) : (
          <div role="table" aria-label={label} aria-rowcount={ordered.length + 1} style={{ minWidth: leastWidth }}>
            <HeaderRow columns={shown} template={template} sort={sort} onSort={onSort ?? setOwnSort} />
            <div role="rowgroup" style={{ height: virtual.getTotalSize() }} className="relative">
              {items.map((item) => {
                const row = ordered[item.index];
                if (row === undefined) return null;
                const key = rowKey(row);
                return (
                  <div
                    key={key}
                    role="row"
                    aria-rowindex={item.index + 2}
                    aria-selected={openKey === undefined ? undefined : key === openKey}
                    data-row={item.index}
                    tabIndex={item.index === Math.min(active, ordered.length - 1) ? 0 : -1}
                    onFocus={() => setActive(item.index)}
                    onKeyDown={(event) => onKey(event, item.index, row)}
                    onClick={onOpen && ((event) => ofRow(event) && onOpen(row))}
                    style={{ gridTemplateColumns: template, transform: `translateY(${item.start}px)`, height: rowHeight }}
                    className={cx(
                      "absolute inset-x-0 top-0 grid items-center border-b border-line px-3 text-sm focus-visible:-outline-offset-2",
                      onOpen && "hover:bg-text/4",
                      key === openKey && "bg-accent/10 hover:bg-accent/10 [&_.text-faint]:text-muted",
                    )}
                  >
                    {shown.map((c) => (
                      <div key={c.id} role="cell" className={cx("min-w-0 truncate pe-4", c.align === "end" && "num text-end", wholeName)}>
                        {c.cell(row)}
                      </div>
                    ))}
                  </div>
                );
              })}
            </div>
            {totals && (
              <div role="row" style={{ gridTemplateColumns: template }} className="sticky bottom-0 z-10 grid h-9 items-center border-t border-line-strong bg-bg px-3 text-sm font-medium">
                {shown.map((c) => (
                  <div key={c.id} role="cell" title={typeof c.total === "string" ? c.total : undefined} className={cx("truncate pe-4", c.align === "end" && "num text-end")}>
                    {c.total}
                  </div>
                ))}
              </div>
            )}
          </div>
        )}
      </div>
    </div>
  );
}

/** A click on a control in the row, or in a menu opened from it, is that control's. */
function ofRow(event: MouseEvent<HTMLElement>): boolean {
  const target = event.target;
  return target instanceof Element && event.currentTarget.contains(target) && !target.closest("button, a, input, select, textarea");
}
