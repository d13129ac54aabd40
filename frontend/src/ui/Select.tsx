import * as Radix from "@radix-ui/react-select";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { controlLook } from "./Input";

export interface Option<V extends string> {
  value: V;
  label: string;
  icon?: ReactNode;
  /** A second line in the list. */
  detail?: string;
  disabled?: boolean;
}

interface Props<V extends string> {
  value: V;
  onChange: (value: V) => void;
  options: readonly Option<V>[];
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  size?: "sm" | "md" | "lg";
  disabled?: boolean;
  className?: string;
}

const heights = { sm: "h-6 text-xs", md: "h-7", lg: "h-9" };

/** One of a few. An empty string cannot be a value: use a word such as "any". */
export function Select<V extends string>({ value, onChange, options, size = "md", disabled = false, className, ...rest }: Props<V>) {
  const chosen = options.find((o) => o.value === value);
  return (
    <Radix.Root value={value} onValueChange={(v) => onChange(v as V)} disabled={disabled}>
      <Radix.Trigger {...rest} className={cx(controlLook, heights[size], "flex items-center justify-between gap-2 px-2 text-start data-[disabled]:opacity-60", className)}>
        <span className="flex min-w-0 items-center gap-2">
          {chosen?.icon}
          <span className="truncate">
            <Radix.Value>{chosen?.label ?? value}</Radix.Value>
          </span>
        </span>
        <ChevronDown size={14} className="shrink-0 text-faint" aria-hidden />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content position="popper" sideOffset={4} collisionPadding={8} className="z-50 max-h-80 min-w-[var(--radix-select-trigger-width)] animate-fade overflow-hidden rounded-lg bg-overlay shadow-float">
          <Radix.Viewport className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled === true}
                className="flex min-h-7 items-center gap-2 rounded-md py-1 ps-2 pe-7 text-sm outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-text/7"
              >
                {option.icon}
                <span className="min-w-0">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.detail && <span className="block text-xs text-muted">{option.detail}</span>}
                </span>
                <Radix.ItemIndicator className="absolute end-3">
                  <Check size={14} aria-hidden />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
