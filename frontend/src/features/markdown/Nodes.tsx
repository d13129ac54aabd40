import type { AlignType, PhrasingContent, RootContent, Table } from "mdast";
import type { ReactNode } from "react";
import { useT } from "@/i18n";
import { CodeBlock } from "./CodeBlock";
import { Picture } from "./Picture";
import { WebLink } from "./WebLink";

/** Renders parsed Markdown. Unknown nodes show their text; nothing becomes HTML. */
export function Nodes({ nodes, sealed, tight = false }: { nodes: readonly RootContent[]; sealed: boolean; tight?: boolean }): ReactNode {
  return nodes.map((node, index) => <Node key={index} node={node} sealed={sealed} tight={tight} />);
}

function Inline({ nodes, sealed }: { nodes: readonly PhrasingContent[]; sealed: boolean }) {
  return <Nodes nodes={nodes} sealed={sealed} />;
}

const headings = ["h2", "h3", "h4", "h5", "h6", "h6"] as const;

function Node({ node, sealed, tight }: { node: RootContent; sealed: boolean; tight: boolean }): ReactNode {
  switch (node.type) {
    case "paragraph":
      return tight ? <Inline nodes={node.children} sealed={sealed} /> : <p dir="auto"><Inline nodes={node.children} sealed={sealed} /></p>;
    case "heading": {
      // The page's own headings stand above: a model's first level is our second.
      const Heading = headings[node.depth - 1] ?? "h6";
      return <Heading dir="auto"><Inline nodes={node.children} sealed={sealed} /></Heading>;
    }
    case "text":
      return node.value;
    case "strong":
      return <strong><Inline nodes={node.children} sealed={sealed} /></strong>;
    case "emphasis":
      return <em><Inline nodes={node.children} sealed={sealed} /></em>;
    case "delete":
      return <del><Inline nodes={node.children} sealed={sealed} /></del>;
    case "inlineCode":
      return <code dir="ltr">{node.value}</code>;
    case "break":
      return <br />;
    case "code":
      return <CodeBlock code={node.value} language={node.lang ?? ""} sealed={sealed} />;
    case "blockquote":
      return <blockquote dir="auto"><Nodes nodes={node.children} sealed={sealed} /></blockquote>;
    case "list":
      return <List node={node} sealed={sealed} />;
    case "thematicBreak":
      return <hr />;
    case "table":
      return <TableView node={node} sealed={sealed} />;
    case "link":
      return <WebLink address={node.url}><Inline nodes={node.children} sealed={sealed} /></WebLink>;
    case "image":
      return <Picture address={node.url} alt={node.alt ?? ""} />;
    case "html":
      return /^<br\s*\/?>$/i.test(node.value) ? <br /> : <span className="font-mono text-sm whitespace-pre-wrap text-muted">{node.value}</span>;
    case "footnoteReference":
      return <sup>{node.label ?? node.identifier}</sup>;
    case "footnoteDefinition":
      return <div className="flex gap-2 text-sm text-muted"><sup>{node.label ?? node.identifier}</sup><div><Nodes nodes={node.children} sealed={sealed} /></div></div>;
    case "linkReference":
      return <Inline nodes={node.children} sealed={sealed} />;
    case "imageReference":
      return node.alt ?? "";
    case "definition":
    case "yaml":
      return null;
    default:
      return "children" in node ? <Nodes nodes={(node as { children: RootContent[] }).children} sealed={sealed} /> : "value" in node ? String((node as { value: unknown }).value) : null;
  }
}

function List({ node, sealed }: { node: Extract<RootContent, { type: "list" }>; sealed: boolean }) {
  const tight = node.spread !== true && node.children.every((item) => item.spread !== true);
  const items = node.children.map((item, index) => (
    <li key={index} dir="auto" className={typeof item.checked === "boolean" ? "-ms-5 list-none" : undefined}>
      {typeof item.checked === "boolean" && <Task done={item.checked} />}
      <Nodes nodes={item.children} sealed={sealed} tight={tight} />
    </li>
  ));
  return node.ordered ? <ol start={node.start ?? 1}>{items}</ol> : <ul>{items}</ul>;
}

function Task({ done }: { done: boolean }) {
  const t = useT();
  return <input type="checkbox" checked={done} readOnly tabIndex={-1} aria-label={done ? t("chat.markdown.done") : t("chat.markdown.open")} />;
}

const sides: Record<NonNullable<AlignType>, "start" | "center" | "end"> = { left: "start", center: "center", right: "end" };

function TableView({ node, sealed }: { node: Table; sealed: boolean }) {
  const [head, ...rows] = node.children;
  const style = (column: number) => {
    const align = node.align?.[column];
    return align ? { textAlign: sides[align] } : undefined;
  };
  return (
    // The region scrolls sideways, so the keyboard has to reach it.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="overflow-x-auto" tabIndex={0}>
      <table>
        <thead>
          <tr>{head?.children.map((cell, i) => <th key={i} scope="col" dir="auto" style={style(i)}><Inline nodes={cell.children} sealed={sealed} /></th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>{row.children.map((cell, i) => <td key={i} dir="auto" style={style(i)}><Inline nodes={cell.children} sealed={sealed} /></td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
