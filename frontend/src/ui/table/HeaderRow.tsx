import { ArrowDown, ArrowUp } from "lucide-react";
import { cx } from "../cx";
import type { Column, Sort } from "./column";

interface Props<Row> {
  columns: readonly Column<Row>[];
  template: string;
  sort: Sort | undefined;
  onSort: (sort: Sort | undefined) => void;
}

export function HeaderRow<Row>({ columns, template, sort, onSort }: Props<Row>) {
  const next = (id: string): Sort | undefined => {
    if (sort?.column !== id) return { column: id, down: false };
    return sort.down ? undefined : { column: id, down: true };
  };
  return (
    <div role="rowgroup" className="sticky top-0 z-10 bg-bg">
      <div role="row" style={{ gridTemplateColumns: template }} className="grid h-8 items-center border-b border-line px-3 text-xs font-medium text-muted">
        {columns.map((c) => {
          const active = sort?.column === c.id;
          const name = c.silent ? <span className="sr-only">{c.header}</span> : (
            <>
              <span className="truncate" title={c.header}>{c.header}</span>
              {c.unit && <span className="shrink-0 font-normal text-faint">{c.unit}</span>}
            </>
          );
          const look = cx("flex min-w-0 items-center gap-1 pe-4", c.align === "end" && "justify-end");
          return (
            <div key={c.id} role="columnheader" aria-sort={active ? (sort.down ? "descending" : "ascending") : undefined} className={look}>
              {c.sortable === false ? (
                name
              ) : (
                <button type="button" onClick={() => onSort(next(c.id))} className="flex min-w-0 items-center gap-1 rounded-sm hover:text-text">
                  {name}
                  {active && (sort.down ? <ArrowDown size={12} aria-hidden /> : <ArrowUp size={12} aria-hidden />)}
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
