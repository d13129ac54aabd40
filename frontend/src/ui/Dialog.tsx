import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { Button } from "./Button";
import { cx } from "./cx";
import { keepPanel } from "./keepPanel";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** One sentence under the title; read aloud with it. */
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the main one last. */
  footer?: ReactNode;
  width?: "sm" | "md" | "lg";
  /** A click beside it does not close it: for what is shown once. */
  firm?: boolean;
}

const widths = { sm: "max-w-[400px]", md: "max-w-[520px]", lg: "max-w-[720px]" };

/** A modal panel; focus goes in, stays in and comes back to where it was. */
export function Dialog({ open, onOpenChange, title, description, children, footer, width = "md", firm = false }: Props) {
  const t = useT();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        {/* The room above gives way before the panel does: its buttons stay in sight, and what is between scrolls. */}
        <Radix.Overlay className="fixed inset-0 z-40 flex animate-fade flex-col items-center bg-[oklch(0.2_0.01_255/0.4)] px-3 pb-6 before:min-h-6 before:shrink-[1000] before:basis-[12vh] before:content-['']">
          <Radix.Content
            {...(description ? {} : { "aria-describedby": undefined })}
            onEscapeKeyDown={keepPanel}
            {...(firm ? { onInteractOutside: (event: Event) => event.preventDefault() } : {})}
            className={cx("relative flex min-h-0 w-full animate-panel flex-col rounded-lg bg-overlay shadow-float", widths[width])}
          >
            <header className="shrink-0 px-5 pt-4 pb-2">
              <Radix.Title className="pe-8 text-base font-semibold tracking-[-0.01em] wrap-anywhere">{title}</Radix.Title>
              {description && <Radix.Description className="mt-0.5 text-sm text-muted">{description}</Radix.Description>}
            </header>
            {children && <div className="min-h-0 overflow-y-auto px-5 pt-1 pb-4">{children}</div>}
            {footer && <footer className="flex shrink-0 flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
            {/* Last, so that the focus goes to the first field and not to the way out. */}
            <Radix.Close asChild>
              <Button tone="ghost" aria-label={t("ui.close")} className="!absolute end-3 top-3.5 !w-7 !px-0">
                <X size={16} aria-hidden />
              </Button>
            </Radix.Close>
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
