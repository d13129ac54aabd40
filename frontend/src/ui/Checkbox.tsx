import * as Radix from "@radix-ui/react-checkbox";
import { Check } from "lucide-react";
import { useId, type ReactNode } from "react";

interface Props {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ReactNode;
  help?: string;
  disabled?: boolean;
}

export function Checkbox({ checked, onChange, label, help, disabled = false }: Props) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <Radix.Root
        id={id}
        checked={checked}
        onCheckedChange={(next) => onChange(next === true)}
        disabled={disabled}
        {...(help ? { "aria-describedby": `${id}-help` } : {})}
        className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-sm bg-raised text-on-accent shadow-[inset_0_0_0_1px_var(--color-line-strong)] data-[state=checked]:bg-accent data-[state=checked]:shadow-none disabled:opacity-50"
      >
        <Radix.Indicator>
          <Check size={12} strokeWidth={3} aria-hidden />
        </Radix.Indicator>
      </Radix.Root>
      <div>
        <label htmlFor={id} className="text-sm">
          {label}
        </label>
        {help && (
          <p id={`${id}-help`} className="text-xs text-muted">
            {help}
          </p>
        )}
      </div>
    </div>
  );
}
