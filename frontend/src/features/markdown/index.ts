export { webAddress } from "./address";
export { LazyMarkdown as Markdown, preloadMarkdown } from "./LazyMarkdown";
export { MarkdownContext, type MarkdownHost } from "./MarkdownContext";
