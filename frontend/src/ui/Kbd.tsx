import { cx } from "./cx";

/** Keys to press together, as they are printed on them. */
export function Kbd({ keys, className }: { keys: readonly string[]; className?: string }) {
  return (
    <span className={cx("inline-flex items-center gap-0.5", className)}>
      {keys.map((key) => (
        <kbd key={key} className="min-w-[18px] rounded-sm bg-text/7 px-1 text-center font-sans text-2xs leading-[18px] text-muted">
          {key}
        </kbd>
      ))}
    </span>
  );
}
