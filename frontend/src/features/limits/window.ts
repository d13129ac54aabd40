/** A window in the largest whole unit: 60 is one minute, 90 stays seconds. */
export function windowOf(seconds: number): { count: number; unit: "second" | "minute" | "hour" | "day" } {
  if (seconds > 0 && seconds % 86_400 === 0) return { count: seconds / 86_400, unit: "day" };
  if (seconds > 0 && seconds % 3600 === 0) return { count: seconds / 3600, unit: "hour" };
  if (seconds > 0 && seconds % 60 === 0) return { count: seconds / 60, unit: "minute" };
  return { count: seconds, unit: "second" };
}

/** The windows to choose from, in seconds. */
export const windows = [1, 10, 60, 3600, 86_400] as const;
