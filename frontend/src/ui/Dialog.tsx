import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";
import { IconButton } from "./IconButton";

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
        <Radix.Overlay className="fixed inset-0 z-40 grid animate-fade place-items-start justify-items-center overflow-y-auto bg-[oklch(0.2_0.01_255/0.4)] px-3 pt-[12vh] pb-6">
          <Radix.Content
            {...(description ? {} : { "aria-describedby": undefined })}
            {...(firm ? { onInteractOutside: (event: Event) => event.preventDefault() } : {})}
            className={cx("relative w-full animate-panel rounded-lg bg-overlay shadow-float", widths[width])}
          >
            <header className="flex items-start gap-3 px-5 pt-4 pb-3">
              <div className="min-w-0 flex-1">
                <Radix.Title className="text-base font-semibold tracking-[-0.01em] wrap-anywhere">{title}</Radix.Title>
                {description && <Radix.Description className="mt-0.5 text-sm text-muted">{description}</Radix.Description>}
              </div>
              <Radix.Close asChild>
                <IconButton label={t("ui.close")} className="-me-2">
                  <X size={16} aria-hidden />
                </IconButton>
              </Radix.Close>
            </header>
            {children && <div className="px-5 pb-4">{children}</div>}
            {footer && <footer className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
