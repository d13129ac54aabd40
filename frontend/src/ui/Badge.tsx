import type { ReactNode } from "react";
import { cx } from "./cx";

export type Tone = "neutral" | "ok" | "warn" | "danger" | "info" | "accent";

const dots: Record<Tone, string> = { neutral: "bg-faint", ok: "bg-ok", warn: "bg-warn", danger: "bg-danger", info: "bg-info", accent: "bg-accent-text" };

/** A state in words; the dot repeats it in colour for whoever sees colour. */
export function Badge({ tone = "neutral", children, dot = true, pulse = false }: { tone?: Tone; children: ReactNode; dot?: boolean; pulse?: boolean }) {
  return (
    <span className="inline-flex h-5 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap text-text shadow-[inset_0_0_0_1px_var(--color-line-strong)]">
      {dot && <Dot tone={tone} pulse={pulse} />}
      {children}
    </span>
  );
}

export function Dot({ tone = "neutral", pulse = false, hollow = false }: { tone?: Tone; pulse?: boolean; hollow?: boolean }) {
  return (
    <span
      aria-hidden
      className={cx("inline-block size-1.5 shrink-0 rounded-full", hollow ? "shadow-[inset_0_0_0_1.5px_currentColor]" : dots[tone], pulse && "motion-safe:animate-[caret_1.6s_ease-in-out_infinite]")}
    />
  );
}
