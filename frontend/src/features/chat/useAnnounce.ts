import { useEffect, useState } from "react";
import { useT } from "@/i18n";
import { useRuns } from "@/stream";

/** One sentence per finished answer for screen readers: not one per token. */
export function useAnnounce(conversationId: string): string {
  const t = useT();
  const runs = useRuns();
  const [text, setText] = useState("");
  useEffect(() => {
    let model = "";
    return runs.subscribe(() => {
      const run = runs.forConversation(conversationId);
      if (run?.state === "running") model = run.model;
      else if (model) {
        setText(t("chat.finished", { model }));
        model = "";
      }
    });
  }, [runs, conversationId, t]);
  return text;
}
