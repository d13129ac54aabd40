export { webAddress } from "./address";
export { Markdown } from "./Markdown";
export { MarkdownContext, type MarkdownHost } from "./MarkdownContext";
