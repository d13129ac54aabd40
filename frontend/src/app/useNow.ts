import { useEffect, useState } from "react";

/** The time, renewed every so many ms while it is needed: for "3 min. ago" and for what is running. */
export function useNow(everyMs: number, needed = true): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!needed) return;
    const timer = window.setInterval(() => setNow(new Date()), everyMs);
    return () => window.clearInterval(timer);
  }, [everyMs, needed]);
  return now;
}
