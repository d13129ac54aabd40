import { useEffect, useState } from "react";

/** The current day; renders again when it is over. */
export function useToday(): Date {
  const [today, setToday] = useState(() => new Date());
  useEffect(() => {
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1);
    const timer = window.setTimeout(() => setToday(new Date()), Math.max(1000, midnight.getTime() - Date.now()));
    return () => window.clearTimeout(timer);
  }, [today]);
  return today;
}
