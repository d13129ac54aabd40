import { Check, ChevronDown } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent } from "react";
import { useT } from "@/i18n";
import { cx } from "./cx";
import { fitting } from "./fitting";
import { Input } from "./Input";
import type { Option } from "./Select";

interface Props {
  /** Empty: nothing is chosen. */
  value: string;
  onChange: (value: string) => void;
  options: readonly Option<string>[];
  placeholder?: string;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
  size?: "md" | "lg";
  disabled?: boolean;
}

/** More than a person reads; typing narrows them. */
const most = 100;

/** One of many: a field that is typed into, over a list of what fits (the combobox pattern of ARIA 1.2). */
export function Combobox({ value, onChange, options, placeholder, size = "md", disabled = false, ...field }: Props) {
  const t = useT();
  const list = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState<string>(); // undefined: closed
  const [at, setAt] = useState(0);
  const open = text !== undefined;
  const chosen = options.find((option) => option.value === value);
  const fits = open ? fitting(options, text) : [];
  const shown = fits.slice(0, most);
  const index = Math.min(at, shown.length - 1);
  const show = () => {
    if (open || disabled) return;
    setText("");
    setAt(Math.max(0, options.findIndex((option) => option.value === value)));
  };
  const close = () => setText(undefined);
  const choose = (option: Option<string> | undefined) => {
    if (!option || option.disabled) return;
    close();
    onChange(option.value);
  };
  const go = (to: number) => {
    setAt(to);
    document.getElementById(`${list}-${to}`)?.scrollIntoView({ block: "nearest" });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const last = shown.length - 1;
    const moves: Record<string, number> = { ArrowDown: index < last ? index + 1 : 0, ArrowUp: index > 0 ? index - 1 : last, PageDown: Math.min(last, index + 8), PageUp: Math.max(0, index - 8) };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (open) go(to);
      else show();
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      choose(shown[index]);
    } else if (event.key === "Escape" || event.key === "Tab") close();
  };
  return (
    <div className="relative">
      <Input
        {...field}
        ref={input}
        role="combobox"
        aria-expanded={open}
        aria-autocomplete="list"
        {...(shown.length > 0 ? { "aria-controls": list, "aria-activedescendant": `${list}-${index}` } : {})}
        size={size}
        disabled={disabled}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={text ?? chosen?.label ?? ""}
        placeholder={chosen?.label ?? placeholder}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onClick={show}
        onBlur={close}
        onKeyDown={onKey}
        trailing={<ChevronDown size={14} className="pointer-events-none me-1 text-faint" aria-hidden />}
      />
      {open && (
        <div className="absolute start-0 top-full z-20 mt-1 w-max max-w-[min(400px,80vw)] min-w-full animate-fade overflow-hidden rounded-lg border border-line-strong bg-overlay shadow-float">
          <div role="listbox" id={list} aria-label={field["aria-label"] ?? placeholder ?? t("ui.choices")} hidden={shown.length === 0} className="max-h-64 overflow-y-auto p-1">
            {shown.map((option, i) => (
              // The field above owns the keys (aria-activedescendant).
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events
              <div
                key={option.value}
                role="option"
                id={`${list}-${i}`}
                tabIndex={-1}
                aria-selected={option.value === value}
                aria-disabled={option.disabled}
                onMouseDown={(event) => event.preventDefault()} // the field keeps the focus
                onPointerMove={() => i !== index && setAt(i)}
                onClick={() => choose(option)}
                className={cx("relative flex min-h-7 items-center gap-2 rounded-md py-1 ps-2 pe-7 text-sm select-none aria-disabled:opacity-50", i === index && "bg-text/7")}
              >
                {option.icon}
                <span className="min-w-0">
                  <bdi className="block truncate">{option.label}</bdi>
                  {option.detail && <bdi className="block truncate text-xs text-muted">{option.detail}</bdi>}
                </span>
                {option.value === value && <Check size={14} className="absolute end-2" aria-hidden />}
              </div>
            ))}
          </div>
          {shown.length === 0 && <p className="px-3 py-3 text-sm text-muted">{text === "" ? t("ui.nothingToChoose") : t("ui.nothingFits", { text })}</p>}
          {fits.length > most && <p className="border-t border-line px-3 py-1.5 text-xs text-muted">{t("ui.moreFit", { count: fits.length - most })}</p>}
        </div>
      )}
    </div>
  );
}
