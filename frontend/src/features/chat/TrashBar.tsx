import { RotateCcw } from "lucide-react";
import { useT } from "@/i18n";
import { Button } from "@/ui";
import { useConversationActs } from "./useConversationActs";

export function TrashBar({ id }: { id: string }) {
  const t = useT();
  const acts = useConversationActs();
  return (
    <div role="status" className="flex min-h-9 items-center gap-3 border-b border-line bg-text/4 px-5 text-sm">
      <span className="min-w-0 flex-1 text-muted">{t("chat.inTrash")}</span>
      <Button size="sm" icon={<RotateCcw size={12} aria-hidden />} onClick={() => void acts.restore(id)}>
        {t("chat.restore")}
      </Button>
    </div>
  );
}
