import { Clock, RotateCcw, TriangleAlert, Undo2 } from "lucide-react";
import type { Message } from "@/api";
import { translateWire, useT } from "@/i18n";
import { Button } from "@/ui";
import { useChatActs } from "./ChatContext";

/** Why a message has no answer yet, and the two ways on. */
export function WaitingNote({ message }: { message: Message }) {
  const t = useT();
  const acts = useChatActs();
  const failed = message.state === "failed";
  const model = message.model || t("chat.composer.model");
  const code = message.waits_for ?? "";
  const reason = failed ? (translateWire(`fault.${code}`) ?? t("chat.failedAnswer")) : waitReason(code);
  function waitReason(waitsFor: string): string {
    switch (waitsFor) {
      case "route.no_server":
        return t("chat.waitingNoServer");
      case "route.signed_out":
        return t("chat.waitingSignIn");
      case "model.unready":
        return message.model ? t("chat.waitingModel", { model }) : t("chat.waitingEngine");
      case "":
      case "route.offline":
      case "network":
        return t("chat.waitingServer");
      default:
        return translateWire(`fault.${waitsFor}`) ?? t("chat.waitingServer");
    }
  }
  return (
    <div role={failed ? "alert" : "status"} className="mt-2 flex max-w-[min(36rem,100%)] flex-wrap items-center justify-end gap-x-3 gap-y-1 text-xs">
      <span className={`flex min-w-0 items-center gap-1.5 ${failed ? "text-danger" : "text-muted"}`}>
        {failed ? <TriangleAlert size={13} className="shrink-0" aria-hidden /> : <Clock size={13} className="shrink-0 text-warn" aria-hidden />}
        {reason}
      </span>
      <span className="flex gap-1">
        <Button size="sm" tone="ghost" icon={<RotateCcw size={12} aria-hidden />} onClick={() => acts.retry(message)}>
          {failed ? t("chat.retry") : t("local.queue.retry")}
        </Button>
        <Button size="sm" tone="ghost" icon={<Undo2 size={12} aria-hidden />} onClick={() => acts.takeBack(message)}>
          {t("chat.takeBack")}
        </Button>
      </span>
    </div>
  );
}
