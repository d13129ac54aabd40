import { useRef } from "react";
import { useT } from "@/i18n";

interface Props {
  title: string;
  /** Undefined: leave it as it was. */
  onDone: (title: string | undefined) => void;
  className?: string;
}

/** A title being changed in its place: Enter or leaving keeps it, Escape does not. */
export function RenameField({ title, onDone, className = "h-8" }: Props) {
  const t = useT();
  const done = useRef(false);
  const finish = (next: string | undefined) => {
    if (done.current) return;
    done.current = true;
    onDone(next);
  };
  return (
    <input
      aria-label={t("chat.title")}
      dir="auto"
      defaultValue={title}
      maxLength={300}
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => finish(event.currentTarget.value.trim() || undefined)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(event.currentTarget.value.trim() || undefined);
        if (event.key === "Escape") finish(undefined);
        event.stopPropagation();
      }}
      className={`${className} w-full min-w-0 rounded-md bg-raised px-2 text-sm shadow-[inset_0_0_0_1px_var(--color-accent)] outline-none focus-visible:outline-none`}
    />
  );
}
