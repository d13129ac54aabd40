// Splits a growing Markdown text into blocks that can no longer change and the
// one at the end that still can.
import type { RootContent } from "mdast";
import { parse } from "./parse";

export interface Block {
  /** Offset in the text: stable, so it is the key. */
  start: number;
  source: string;
}

export interface Split {
  text: string;
  sealed: readonly Block[];
  tailStart: number;
  /** End of the last complete line that was looked at. */
  seen: number;
}

export const emptySplit: Split = { text: "", sealed: [], tailStart: 0, seen: 0 };

const fence = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Goes on from `previous` when `text` continues it. CommonMark decides block
 * structure line by line and never reopens a closed block, so everything but
 * the last block of the complete lines is final; the unfinished line is not
 * asked (a lone "#" is a heading, "#tag" is not).
 */
export function extend(previous: Split, text: string): Split {
  const from = text.startsWith(previous.text) ? previous : emptySplit;
  const seen = text.lastIndexOf("\n") + 1;
  if (seen <= from.seen) return { ...from, text };
  const complete = text.slice(from.tailStart, seen);
  if (insideFence(complete)) return { ...from, text, seen };

  const children = parse(complete).children;
  const sealed = [...from.sealed];
  let tailStart = from.tailStart;
  for (let i = 0; i + 1 < children.length; i++) {
    const next = children[i + 1]?.position?.start.offset ?? 0;
    // Back to the start of its line: indentation may be part of its meaning.
    const end = from.tailStart + complete.lastIndexOf("\n", next - 1) + 1;
    if (end <= tailStart) continue;
    sealed.push({ start: tailStart, source: text.slice(tailStart, end) });
    tailStart = end;
  }
  if (isClosed(children.at(-1), text.slice(tailStart, seen))) {
    sealed.push({ start: tailStart, source: text.slice(tailStart, seen) });
    tailStart = seen;
  }
  return { text, sealed, tailStart, seen };
}

/** Whether no line to come can belong to the last block; lists and quotes never say. */
function isClosed(last: RootContent | undefined, lines: string): boolean {
  switch (last?.type) {
    case "heading":
    case "thematicBreak":
      return true;
    case "paragraph":
    case "table":
      return /\n[ \t]*\n$/.test(lines);
    case "code":
      return fence.test(lines) && !insideFence(lines);
    default:
      return false;
  }
}

/** A fence that is open needs no parser, however long the code in it grows. */
function insideFence(lines: string): boolean {
  const open = fence.exec(lines)?.[1];
  if (!open) return false;
  const close = new RegExp(`\\n {0,3}\\${open.charAt(0)}{${open.length},}[ \\t]*\\n`);
  return !close.test(lines);
}

/** Link definitions of a finished text: they may stand in another block than their use. */
export function definitions(text: string): string {
  return text.match(/^ {0,3}\[[^\]^][^\]]*\]:[ \t]*\S.*$/gm)?.join("\n") ?? "";
}
