import { lazy, Suspense } from "react";

const load = () => import("./Markdown");
// The parser is a third of what the chat needs; the first frame needs none of it.
const Rendered = lazy(() => load().then((m) => ({ default: m.Markdown })));

/** Long enough for the first frames to pass, shorter than a first message takes to write. ms */
const preloadAfter = 600;

/** Fetches the renderer ahead of the first answer; returns what calls that off. */
export function preloadMarkdown(): () => void {
  const timer = window.setTimeout(() => void load(), preloadAfter);
  return () => window.clearTimeout(timer);
}

interface Props {
  text: string;
  live?: boolean;
}

/** What a model wrote; plain for the moment in which the renderer is still coming. */
export function LazyMarkdown(props: Props) {
  return (
    <Suspense fallback={<div className="prose whitespace-pre-wrap">{props.text}</div>}>
      <Rendered {...props} />
    </Suspense>
  );
}
