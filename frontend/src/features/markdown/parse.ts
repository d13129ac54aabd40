import type { Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

const options = { extensions: [gfm({ singleTilde: false })], mdastExtensions: [gfmFromMarkdown()] };

/** CommonMark with GitHub's tables, task lists, strikethrough and bare links. */
export function parse(source: string): Root {
  return fromMarkdown(source, options);
}
