import type { ReactNode } from "react";
import type { Cell } from "./csv";

export interface Column<Row> {
  id: string;
  header: string;
  /** The header is only read aloud, and the column is not exported: it holds buttons. */
  silent?: boolean;
  /** Printed after the header: "ms", "tokens". */
  unit?: string;
  /** Numbers go to the end. */
  align?: "start" | "end";
  /** Least width in px. */
  width: number;
  /** Share of the room that is left; 0 keeps the width. */
  grow?: number;
  cell: (row: Row) => ReactNode;
  /** What export writes and sorting compares. */
  value: (row: Row) => Cell;
  /** Off when the host sorts or order means something. */
  sortable?: boolean;
  /** The total row's cell. */
  total?: ReactNode;
  /** Not shown until chosen. */
  hidden?: boolean;
  /** Always shown. */
  fixed?: boolean;
  /** Not shown while the table is narrower than this many px. */
  from?: number;
}

export interface Sort {
  column: string;
  down: boolean;
}

export function sorted<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: Sort | undefined, compare: (a: string, b: string) => number): readonly Row[] {
  const column = columns.find((c) => c.id === sort?.column);
  if (!sort || !column) return rows;
  const direction = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    if (x === y) return 0;
    // What has no value stays at the end either way.
    if (x === null || x === undefined || x === "") return 1;
    if (y === null || y === undefined || y === "") return -1;
    return (typeof x === "number" && typeof y === "number" ? x - y : compare(String(x), String(y))) * direction;
  });
}
