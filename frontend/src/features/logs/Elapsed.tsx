import { useNow } from "@/app/useNow";
import { useFormat } from "@/i18n";

/** How long a call has been running; only it renders while it ticks. */
export function Elapsed({ since }: { since: string }) {
  const format = useFormat();
  const now = useNow(250);
  return <>{format.timing(Math.max(0, now.getTime() - Date.parse(since)))}</>;
}
