import { Link } from "@tanstack/react-router";
import { Clock } from "lucide-react";
import { useT } from "@/i18n";
import { PopoverClose } from "@/ui";
import { StatusPart } from "./StatusPart";

export function QueuePart({ waiting }: { waiting: number }) {
  const t = useT();
  if (waiting === 0) return null;
  return (
    <StatusPart
      label={t("app.queue")}
      text={t("local.status.waiting", { count: waiting })}
      dot={<Clock size={12} className="text-warn" aria-hidden />}
      detail={
        <>
          <div className="text-sm font-medium">{t("local.status.waiting", { count: waiting })}</div>
          <p className="mt-1 text-xs text-muted">{t("local.queue.lead")}</p>
          <PopoverClose asChild>
            <Link to={"/queue" as never} className="mt-3 inline-block text-xs font-medium text-accent-text hover:underline">
              {t("local.status.openQueue")}
            </Link>
          </PopoverClose>
        </>
      }
    />
  );
}
