import { useId, type ReactNode } from "react";
import { cx } from "./cx";

interface Props<V extends string> {
  value: V;
  onChange: (value: V) => void;
  options: readonly { value: V; label: string; icon?: ReactNode }[];
  label: string;
  size?: "sm" | "md";
}

/** Two to five choices that are all worth seeing: a range, a theme. */
export function Segmented<V extends string>({ value, onChange, options, label, size = "md" }: Props<V>) {
  const name = useId();
  return (
    <fieldset className="inline-flex rounded-md bg-text/6 p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className={cx(
            "relative flex cursor-default items-center gap-1.5 rounded-[5px] px-2.5 font-medium transition-colors select-none has-focus-visible:outline-2 has-focus-visible:outline-accent",
            size === "sm" ? "h-5 text-xs" : "h-6 text-sm",
            value === option.value ? "bg-raised text-text shadow-[0_0_0_1px_var(--color-line),0_1px_2px_oklch(0.2_0.01_255/0.08)]" : "text-muted hover:text-text",
          )}
        >
          <input type="radio" name={name} value={option.value} checked={value === option.value} onChange={() => onChange(option.value)} className="absolute inset-0 opacity-0" />
          {option.icon}
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
