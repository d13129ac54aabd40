import type { Settings } from "@/api";

type Press = Pick<KeyboardEvent, "key" | "shiftKey" | "ctrlKey" | "metaKey" | "altKey" | "isComposing" | "keyCode">;

/**
 * Whether a key press in the composer sends. While an input method composes,
 * Enter picks a candidate; Safari ends composition before that key arrives
 * (WebKit bug 165004), so the key code 229 is checked as well.
 */
export function sends(press: Press, sendWith: Settings["send_with"]): boolean {
  if (press.key !== "Enter" || press.isComposing || press.keyCode === 229 || press.altKey) return false;
  const mod = press.ctrlKey || press.metaKey;
  if (sendWith === "mod-enter") return mod;
  return !press.shiftKey;
}
