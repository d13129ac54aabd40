import * as Radix from "@radix-ui/react-tooltip";
import type { ReactNode } from "react";
import { Kbd } from "./Kbd";

export const TooltipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={450} skipDelayDuration={200}>
    {children}
  </Radix.Provider>
);

interface Props {
  content: ReactNode;
  keys?: readonly string[] | undefined;
  side?: "top" | "right" | "bottom" | "left";
  /** It says what the control's name says already: not read aloud a second time. */
  repeats?: boolean;
  children: ReactNode;
}

export function Tooltip({ content, keys, side = "top", repeats = false, children }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild {...(repeats ? { "aria-describedby": undefined } : {})}>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          // Read as the description of its control; on its own it would stand outside every landmark.
          aria-hidden
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-60 flex max-w-80 animate-fade items-center gap-2 rounded-md bg-overlay px-2 py-1 text-xs text-text shadow-float"
        >
          <span className="min-w-0 wrap-anywhere">{content}</span>
          {keys && <Kbd keys={keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
