import { useEffect, useState, type ReactNode } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";

/** Waits before it shows: what is quick should not flash. ms */
const patience = 150;

/** Children appear after 150 ms, as the shape of what is coming. */
export function Skeleton({ children }: { children: ReactNode }) {
  const t = useT();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), patience);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={t("ui.loading")} className="h-full">
      {late && (
        <div aria-hidden className="h-full animate-fade">
          {children}
        </div>
      )}
    </div>
  );
}

/** One bar of a skeleton. */
export function Bar({ className, width }: { className?: string; width?: number | string }) {
  return <div style={width === undefined ? undefined : { width }} className={cx("h-3 rounded-sm bg-text/7", className)} />;
}

/** The shape of a table. */
export function TableSkeleton({ rows = 8, columns = 5 }: { rows?: number; columns?: number }) {
  return (
    <Skeleton>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-9 items-center gap-6 border-b border-line px-3">
          {Array.from({ length: columns }, (_, column) => (
            <Bar key={column} className={column === 0 ? "flex-[2]" : "flex-1"} />
          ))}
        </div>
      ))}
    </Skeleton>
  );
}
