import type { Step } from "./tree";

/** The shown path as Markdown, for the clipboard. */
export function toMarkdown(title: string, steps: readonly Step[], you: string): string {
  const parts = steps.flatMap(({ node: { message } }) => (message ? [`**${message.role === "user" ? you : (message.model ?? "").replace(/^local\//, "")}**\n\n${message.text}`] : []));
  return [`# ${title}`, ...parts].join("\n\n") + "\n";
}
