import type { InputHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";

export const controlLook =
  "w-full rounded-md bg-raised text-sm text-text shadow-[inset_0_0_0_1px_var(--color-line-strong)] transition-shadow placeholder:text-faint " +
  "focus:shadow-[inset_0_0_0_1px_var(--color-accent)] focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-accent/40 " +
  "aria-invalid:shadow-[inset_0_0_0_1px_var(--color-danger)] disabled:opacity-60";

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, "size"> {
  size?: "md" | "lg";
  leading?: ReactNode;
  trailing?: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Input({ size = "md", leading, trailing, className, ...rest }: Props) {
  return (
    <span className={cx("relative flex w-full items-center", className)}>
      {leading && <span className="pointer-events-none absolute start-2 flex text-faint">{leading}</span>}
      <input {...rest} className={cx(controlLook, size === "lg" ? "h-9 px-3" : "h-7 px-2", leading && "ps-7", trailing && "pe-8")} />
      {trailing && <span className="absolute end-1 flex items-center">{trailing}</span>}
    </span>
  );
}
