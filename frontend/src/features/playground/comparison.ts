import { problemMessage } from "@/ui";
import type { Lane } from "./lane";

export interface ComparedLane {
  model: string;
  lane: Lane;
  /** Figures in words, in the reader's language. */
  figures: readonly string[];
}

/** Question and answers as Markdown, for a note or an issue. */
export function comparisonText(prompt: string, lanes: readonly ComparedLane[]): string {
  const quoted = prompt.trim().split("\n").map((line) => `> ${line}`.trimEnd()).join("\n");
  const parts = lanes.map(({ model, lane, figures }) => {
    const facts = figures.length > 0 ? `${figures.join(" · ")}\n\n` : "";
    return `## ${model}\n\n${facts}${lane.text.trim() || (lane.problem ? problemMessage(lane.problem) : "–")}`;
  });
  return [quoted, ...parts].join("\n\n") + "\n";
}
