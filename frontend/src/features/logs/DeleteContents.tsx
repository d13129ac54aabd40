import { useMutation, useQueryClient } from "@tanstack/react-query";
import { adminKeys, deleteContents, problemOf } from "@/api";
import { useMe } from "@/app/me";
import { useT } from "@/i18n";
import { ConfirmDialog, useToasts } from "@/ui";

/** Asks for the organisation's name: what is deleted cannot be brought back. */
export function DeleteContents({ calls, responses, onClose }: { calls: number; responses: number; onClose: () => void }) {
  const t = useT();
  const me = useMe();
  const toasts = useToasts();
  const client = useQueryClient();
  const erase = useMutation({
    mutationFn: deleteContents,
    onSuccess: (done) => {
      for (const queryKey of [adminKeys.contents, adminKeys.logs, adminKeys.audit]) void client.invalidateQueries({ queryKey });
      toasts.show({ tone: "ok", title: done.calls > 0 || done.responses === 0 ? t("logs.policy.deleted", { count: done.calls }) : t("logs.policy.deletedResponses", { count: done.responses }) });
      onClose();
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={t("logs.policy.deleteTitle")}
      description={[t("logs.policy.deleteText", { count: calls }), ...(responses > 0 ? [t("logs.policy.deleteResponses", { count: responses })] : [])].join(" ")}
      verb={t("logs.policy.delete")}
      typeName={me.tenant_name}
      busy={erase.isPending}
      onConfirm={() => erase.mutate()}
    />
  );
}
