import type { Definition, Image, Link, Nodes, Root } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";

const options = { extensions: [gfm({ singleTilde: false })], mdastExtensions: [gfmFromMarkdown()] };

/** CommonMark with GitHub's tables, task lists, strikethrough and bare links; references are resolved. */
export function parse(source: string): Root {
  const root = fromMarkdown(source, options);
  const found = new Map<string, Definition>();
  visit(root, (node) => {
    if (node.type === "definition" && !found.has(node.identifier)) found.set(node.identifier, node);
    return node;
  });
  if (found.size > 0) visit(root, (node) => resolve(node, found));
  return root;
}

function resolve(node: Nodes, found: ReadonlyMap<string, Definition>): Nodes {
  if (node.type !== "linkReference" && node.type !== "imageReference") return node;
  const url = found.get(node.identifier)?.url;
  if (url === undefined) return node;
  if (node.type === "imageReference") return { type: "image", url, alt: node.alt ?? "" } satisfies Image;
  return { type: "link", url, children: node.children } satisfies Link;
}

function visit(node: Nodes, change: (node: Nodes) => Nodes): void {
  if (!("children" in node)) return;
  const children = node.children as Nodes[];
  for (const [index, child] of children.entries()) {
    visit(child, change);
    children[index] = change(child);
  }
}
