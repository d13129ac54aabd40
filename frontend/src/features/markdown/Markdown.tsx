import { memo, useMemo, useState } from "react";
import { BlockView } from "./BlockView";
import { definitions, emptySplit, extend, type Split } from "./blocks";

interface Props {
  text: string;
  /** Still being written: the last block is open and nothing is highlighted in it. */
  live?: boolean;
}

/** What a model wrote, as React nodes: its HTML is shown as text, never run. */
export const Markdown = memo(function Markdown({ text, live = false }: Props) {
  const split = useSplit(text);
  const refs = useMemo(() => (live ? "" : definitions(text)), [live, text]);
  const tail = text.slice(split.tailStart);
  return (
    <div className="prose" data-live={live || undefined}>
      {split.sealed.map((block) => (
        <BlockView key={block.start} source={block.source} refs={refs} sealed />
      ))}
      {/* The same key as when it is sealed: sealing renders, it does not remount. */}
      {tail && <BlockView key={split.tailStart} source={tail} refs={refs} sealed={!live} caret={live} />}
      {live && !tail && <span className="ms-0.5 inline-block h-[1.1em] w-[2px] animate-caret bg-accent-text align-text-bottom" aria-hidden />}
    </div>
  );
});

// State that follows a prop: each text extends the split of the one before,
// so a long answer is not split from the start thirty times a second.
function useSplit(text: string): Split {
  const [split, setSplit] = useState<Split>(() => extend(emptySplit, text));
  if (split.text === text) return split;
  const next = extend(split, text);
  setSplit(next);
  return next;
}
