import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Info } from "lucide-react";
import { dismissNotice, localKeys, problemOf, statusQuery, type Notice } from "@/api";
import { translateWire, useT } from "@/i18n";
import { Button, useToasts } from "@/ui";

/** What the user should know once; it stays until it is dismissed. */
export function Notices() {
  const status = useQuery(statusQuery());
  const notices = status.data?.notices ?? [];
  return notices.map((notice) => <NoticeBar key={notice.id} notice={notice} />);
}

function NoticeBar({ notice }: { notice: Notice }) {
  const t = useT();
  const client = useQueryClient();
  const toasts = useToasts();
  const dismiss = useMutation({
    mutationFn: dismissNotice,
    onSuccess: () => client.invalidateQueries({ queryKey: localKeys.status }),
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const items = notice.items ?? [];
  return (
    <div role="status" className="flex shrink-0 items-start gap-3 border-b border-line bg-warn/8 px-5 py-2 text-sm">
      <Info size={15} className="mt-0.5 shrink-0 text-warn" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="wrap-anywhere">{translateWire(`fault.${notice.code}`) ?? notice.detail}</p>
        {items.length > 0 && (
          <details className="mt-1 text-xs text-muted">
            <summary>{t("local.notices.items")}</summary>
            <ul className="mt-1 max-h-32 list-disc overflow-y-auto ps-4">
              {items.map((item) => (
                <li key={item} className="wrap-anywhere">{item}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
      <Button size="sm" busy={dismiss.isPending} onClick={() => dismiss.mutate(notice.id)}>
        {t("local.notices.dismiss")}
      </Button>
    </div>
  );
}
