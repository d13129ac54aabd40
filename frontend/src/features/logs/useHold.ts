import { useMemo, useState } from "react";

/**
 * Keeps what is being read where it is: while the reader is below the top, new
 * rows wait above the first that was there, and their number is told.
 */
export function useHold<Row extends { id: string }>(rows: readonly Row[]): { shown: readonly Row[]; waiting: number; onTop: (atTop: boolean) => void } {
  const [held, setHeld] = useState<string>();
  const from = useMemo(() => (held === undefined ? 0 : Math.max(0, rows.findIndex((row) => row.id === held))), [rows, held]);
  const shown = useMemo(() => (from === 0 ? rows : rows.slice(from)), [rows, from]);
  return { shown, waiting: from, onTop: (atTop) => setHeld(atTop ? undefined : (now) => now ?? rows[0]?.id) };
}
