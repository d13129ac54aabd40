import * as Radix from "@radix-ui/react-dialog";
import { Search } from "lucide-react";
import { useState, type KeyboardEvent, type ReactNode } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";
import { Kbd } from "./Kbd";

export interface PaletteItem {
  id: string;
  label: string;
  detail?: string;
  keys?: readonly string[];
  icon?: ReactNode;
  group: string;
  run: () => void;
}

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  label: string;
  placeholder: string;
  /** What fits the typed words, best first within its group. */
  find: (text: string) => readonly PaletteItem[];
}

/** One field that reaches every action and recent thing. */
export function CommandPalette({ open, onOpenChange, label, placeholder, find }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 animate-fade bg-[oklch(0.2_0.01_255/0.28)]" />
        <Radix.Content aria-describedby={undefined} className="fixed inset-x-3 top-[14vh] z-50 mx-auto max-w-[600px] animate-panel overflow-hidden rounded-lg bg-overlay shadow-float focus-visible:outline-none">
          <Radix.Title className="sr-only">{label}</Radix.Title>
          <PaletteBody placeholder={placeholder} label={label} find={find} close={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function PaletteBody({ placeholder, label, find, close }: Pick<Props, "placeholder" | "label" | "find"> & { close: () => void }) {
  const t = useT();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const items = find(text);
  const index = Math.min(at, items.length - 1);
  const choose = (item: PaletteItem | undefined) => {
    if (!item) return;
    close();
    // After the dialog gave the focus back, so that the action may move it.
    window.setTimeout(item.run, 0);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0 && items.length > 0) {
      event.preventDefault();
      const next = (index + by + items.length) % items.length;
      setAt(next);
      document.getElementById(`palette-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(items[index]);
    }
  };
  return (
    <>
      <div className="flex h-12 items-center gap-3 border-b border-line px-4">
        <Search size={16} className="shrink-0 text-faint" aria-hidden />
        <input
          role="combobox"
          aria-label={label}
          aria-expanded
          aria-controls="palette-list"
          aria-activedescendant={items.length > 0 ? `palette-${index}` : undefined}
          autoFocus
          value={text}
          placeholder={placeholder}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
          className="h-full min-w-0 flex-1 bg-transparent text-base outline-none focus-visible:outline-none"
        />
        <Kbd keys={["Esc"]} />
      </div>
      <div role="listbox" id="palette-list" aria-label={label} className="max-h-[min(420px,56vh)] overflow-y-auto p-1.5">
        {items.length === 0 && <p className="px-3 py-8 text-center text-sm text-muted">{t("ui.nothingFits", { text })}</p>}
        {items.map((item, i) => (
          <div key={item.id}>
            {item.group !== items[i - 1]?.group && <div role="presentation" className="px-2.5 pt-2 pb-1 text-2xs font-medium text-faint">{item.group}</div>}
            {/* The field above owns the keys (aria-activedescendant). */}
            {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events */}
            <div
              role="option"
              id={`palette-${i}`}
              tabIndex={-1}
              aria-selected={i === index}
              onPointerMove={() => i !== index && setAt(i)}
              onClick={() => choose(item)}
              className={cx("flex h-9 items-center gap-3 rounded-md px-2.5 text-sm", i === index && "bg-text/8")}
            >
              <span className="flex w-4 shrink-0 justify-center text-muted">{item.icon}</span>
              <span className="min-w-0 flex-1 truncate">{item.label}</span>
              {item.detail && <span className="truncate text-xs text-muted">{item.detail}</span>}
              {item.keys && <Kbd keys={item.keys} />}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}
