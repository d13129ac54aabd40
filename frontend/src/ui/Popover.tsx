import * as Radix from "@radix-ui/react-popover";
import type { ReactNode } from "react";

interface Props {
  trigger: ReactNode;
  children: ReactNode;
  label: string;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom" | "left" | "right";
  width?: number;
}

export function Popover({ trigger, children, label, open, onOpenChange, align = "start", side = "bottom", width = 300 }: Props) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          style={{ width }}
          className="z-50 max-h-[var(--radix-popover-content-available-height)] max-w-[calc(100vw-16px)] animate-fade overflow-y-auto rounded-lg bg-overlay shadow-float focus-visible:outline-none"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const PopoverClose = Radix.Close;
