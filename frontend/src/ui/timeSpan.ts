/** A span in the largest whole unit: 60 seconds are one minute, 90 stay seconds. */
export function spanOf(seconds: number): { count: number; unit: "second" | "minute" | "hour" | "day" } {
  if (seconds > 0 && seconds % 86_400 === 0) return { count: seconds / 86_400, unit: "day" };
  if (seconds > 0 && seconds % 3600 === 0) return { count: seconds / 3600, unit: "hour" };
  if (seconds > 0 && seconds % 60 === 0) return { count: seconds / 60, unit: "minute" };
  return { count: seconds, unit: "second" };
}
