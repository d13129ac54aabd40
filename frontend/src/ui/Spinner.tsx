import { useT } from "@/i18n";
import { cx } from "./cx";

export function Spinner({ className, label }: { className?: string; label?: string }) {
  const t = useT();
  return (
    <svg role="img" aria-label={label ?? t("ui.working")} viewBox="0 0 16 16" className={cx("size-3.5 animate-spin", className)}>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeOpacity="0.22" strokeWidth="2" />
      <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
