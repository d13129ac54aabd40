/** "mod+k", "mod+shift+c", "?", "escape"; mod is Cmd on a Mac and Ctrl elsewhere. */
export type Shortcut = string;

export const isMac = /Mac|iPhone|iPad/.test(typeof navigator === "undefined" ? "" : navigator.platform || navigator.userAgent);

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">;

export function matches(shortcut: Shortcut, press: Press, mac: boolean = isMac): boolean {
  const parts = shortcut.split("+");
  const key = parts.pop() ?? "";
  const mod = parts.includes("mod");
  const shift = parts.includes("shift");
  const alt = parts.includes("alt");
  if ((mac ? press.metaKey : press.ctrlKey) !== mod) return false;
  if ((mac ? press.ctrlKey : press.metaKey) || press.altKey !== alt) return false;
  // "?" already is a shifted key: where Shift sits differs between keyboards.
  if (/^[a-z0-9]$|^[a-z]{2,}$/.test(key) && press.shiftKey !== shift) return false;
  return press.key.toLowerCase() === key;
}

const names: Record<string, string> = { escape: "Esc", enter: "Enter", arrowup: "↑", arrowdown: "↓", backspace: "⌫", "\\": "\\" };

/** What to print on the keys: ["Ctrl", "K"]. */
export function keysOf(shortcut: Shortcut, mac: boolean = isMac): string[] {
  return shortcut.split("+").map((part) => {
    if (part === "mod") return mac ? "⌘" : "Ctrl";
    if (part === "shift") return mac ? "⇧" : "Shift";
    if (part === "alt") return mac ? "⌥" : "Alt";
    return names[part] ?? part.toUpperCase();
  });
}
