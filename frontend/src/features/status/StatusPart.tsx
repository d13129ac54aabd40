import type { ReactNode } from "react";
import { cx, Popover } from "@/ui";

interface Props {
  label: string;
  text: ReactNode;
  dot?: ReactNode;
  detail: ReactNode;
  align?: "start" | "end";
  className?: string;
}

/** One part of the status bar; its detail opens above it. */
export function StatusPart({ label, text, dot, detail, align = "start", className }: Props) {
  return (
    <Popover
      side="top"
      align={align}
      label={label}
      width={300}
      trigger={
        <button type="button" className={cx("flex h-5 max-w-72 shrink-0 items-center gap-1.5 rounded-sm px-1.5 whitespace-nowrap transition-colors hover:bg-text/7 hover:text-text data-[state=open]:bg-text/8 data-[state=open]:text-text", className)}>
          {dot}
          <span className="truncate">{text}</span>
        </button>
      }
    >
      <div className="p-4">
        <h2 className="mb-1 text-2xs font-medium text-faint">{label}</h2>
        {detail}
      </div>
    </Popover>
  );
}
