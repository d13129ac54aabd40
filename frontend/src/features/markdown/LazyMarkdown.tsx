import { lazy, Suspense } from "react";

const load = () => import("./Markdown");
// The parser is a third of what the chat needs; the first frame needs none of it.
const Rendered = lazy(() => load().then((m) => ({ default: m.Markdown })));

/** Fetches the renderer ahead of the first answer. */
export function preloadMarkdown(): void {
  void load();
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
