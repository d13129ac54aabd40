import type { Option } from "./Select";

/** Those in which every typed word begins or stands somewhere, accents and case aside; the order stays. */
export function fitting<V extends string>(options: readonly Option<V>[], text: string): readonly Option<V>[] {
  const words = plain(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) return options;
  return options.filter((option) => {
    const all = plain(`${option.label} ${option.detail ?? ""}`);
    return words.every((word) => all.includes(word));
  });
}

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
