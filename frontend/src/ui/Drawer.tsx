import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";
import { focusPanel } from "./focusPanel";
import { IconButton } from "./IconButton";
import { keepPanel } from "./keepPanel";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  side?: "start" | "end";
  /** Without its own head: the title is only read aloud. */
  bare?: boolean;
  width?: number;
  children: ReactNode;
  footer?: ReactNode;
}

/** A panel from the side: the list below 900 px, or the details of a row. */
export function Drawer({ open, onOpenChange, title, side = "end", bare = false, width = 420, children, footer }: Props) {
  const t = useT();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-[oklch(0.2_0.01_255/0.32)]" />
        <Radix.Content
          aria-describedby={undefined}
          onOpenAutoFocus={focusPanel}
          onEscapeKeyDown={keepPanel}
          style={{ width, ["--drawer-from" as string]: side === "end" ? "16px" : "-16px" }}
          className={cx("fixed inset-y-0 z-40 flex focus-visible:outline-none max-w-[calc(100vw-40px)] animate-drawer flex-col bg-overlay shadow-float", side === "end" ? "end-0" : "start-0")}
        >
          {bare ? (
            <Radix.Title className="sr-only">{title}</Radix.Title>
          ) : (
            <header className="flex h-12 shrink-0 items-center gap-2 border-b border-line ps-5 pe-3">
              <Radix.Title title={title} className="min-w-0 flex-1 truncate text-base font-semibold tracking-[-0.01em]">{title}</Radix.Title>
              <Radix.Close asChild>
                <IconButton label={t("ui.close")}>
                  <X size={16} aria-hidden />
                </IconButton>
              </Radix.Close>
            </header>
          )}
          <div className={cx("min-h-0 flex-1", !bare && "overflow-y-auto p-5")}>{children}</div>
          {footer && <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
