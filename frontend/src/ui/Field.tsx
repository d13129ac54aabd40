import { useId, type ReactNode } from "react";
import { cx } from "./cx";

export interface FieldState {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

interface Props {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  optional?: string;
  className?: string;
  /** Gets what ties the control to its label, help and error. */
  children: (state: FieldState) => ReactNode;
}

/** A control with its label above and its help, or what is wrong with it, below. */
export function Field({ label, help, error, optional, className, children }: Props) {
  const id = useId();
  const below = error ?? help;
  return (
    <div className={cx("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="flex items-baseline justify-between gap-2 text-sm font-medium wrap-anywhere">
        {label}
        {optional && <span className="shrink-0 text-xs font-normal text-faint">{optional}</span>}
      </label>
      {children({ id, ...(below ? { "aria-describedby": `${id}-below` } : {}), ...(error ? { "aria-invalid": true as const } : {}) })}
      {below && (
        <div id={`${id}-below`} role={error ? "alert" : undefined} className={cx("text-xs", error ? "text-danger" : "text-muted")}>
          {below}
        </div>
      )}
    </div>
  );
}
