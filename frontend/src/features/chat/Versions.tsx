import { ChevronLeft, ChevronRight } from "lucide-react";
import { useT } from "@/i18n";
import { IconButton } from "@/ui";
import { useChatActs } from "./ChatContext";

/** ‹ 2/3 › between the versions of a message. */
export function Versions({ parentId, id, versions }: { parentId: string; id: string; versions: readonly string[] }) {
  const t = useT();
  const acts = useChatActs();
  if (versions.length < 2) return null;
  const index = versions.indexOf(id);
  const go = (to: number) => {
    const next = versions[to];
    if (next) acts.choose(parentId, next);
  };
  return (
    <span className="inline-flex items-center text-xs text-muted" role="group" aria-label={t("chat.version", { index: index + 1, count: versions.length })}>
      <IconButton size="sm" label={t("chat.previousVersion")} disabled={index <= 0} onClick={() => go(index - 1)} className="!w-5">
        <ChevronLeft size={14} aria-hidden />
      </IconButton>
      <span className="num px-0.5" aria-hidden>
        {index + 1}/{versions.length}
      </span>
      <IconButton size="sm" label={t("chat.nextVersion")} disabled={index >= versions.length - 1} onClick={() => go(index + 1)} className="!w-5">
        <ChevronRight size={14} aria-hidden />
      </IconButton>
    </span>
  );
}
