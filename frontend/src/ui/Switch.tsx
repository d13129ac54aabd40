import * as Radix from "@radix-ui/react-switch";

interface Props {
  checked: boolean;
  onChange: (checked: boolean) => void;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  disabled?: boolean;
}

/** Takes effect at once. */
export function Switch({ checked, onChange, disabled = false, ...rest }: Props) {
  return (
    <Radix.Root
      {...rest}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      className="inline-flex h-[18px] w-[30px] shrink-0 items-center rounded-full bg-line-strong px-0.5 transition-colors focus-visible:outline-offset-2 disabled:opacity-50 data-[state=checked]:bg-accent"
    >
      <Radix.Thumb className="size-3.5 rounded-full bg-[oklch(0.99_0_0)] transition-transform data-[state=checked]:translate-x-3" />
    </Radix.Root>
  );
}
