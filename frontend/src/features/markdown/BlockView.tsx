import { memo, useMemo } from "react";
import { Nodes } from "./Nodes";
import { parse } from "./parse";

interface Props {
  source: string;
  refs: string;
  sealed: boolean;
  caret?: boolean;
}

/** One block; a sealed one is parsed once and rendered once. */
export const BlockView = memo(function BlockView({ source, refs, sealed, caret = false }: Props) {
  const root = useMemo(() => parse(refs && /[[\]]/.test(source) ? `${source}\n\n${refs}` : source), [source, refs]);
  return (
    <div className="block" data-sealed={sealed || undefined} data-caret={caret || undefined}>
      <Nodes nodes={root.children} sealed={sealed} />
    </div>
  );
});
