import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { accountKeys, problemOf, revokeSessions } from "@/api";
import { useT } from "@/i18n";
import { Button, Dialog, useToasts } from "@/ui";

/** Ends the caller's sessions and devices: all others, or this one too. */
export function SignOutEverywhere({ onOut }: { onOut: () => void }) {
  const t = useT();
  const toasts = useToasts();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const end = useMutation({
    mutationFn: revokeSessions,
    onSuccess: (_done, others) => {
      setOpen(false);
      if (!others) return onOut();
      toasts.show({ title: t("settings.othersEnded"), tone: "ok" });
      void client.invalidateQueries({ queryKey: accountKeys.sessions });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {t("settings.everywhere")}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t("settings.everywhereTitle")}
        description={t("settings.everywhereText")}
        footer={
          <>
            <Button onClick={() => setOpen(false)}>{t("ui.cancel")}</Button>
            <Button tone="danger" busy={end.isPending && end.variables === false} disabled={end.isPending} onClick={() => end.mutate(false)}>
              {t("settings.everywhereHere")}
            </Button>
            <Button tone="primary" busy={end.isPending && end.variables === true} disabled={end.isPending} onClick={() => end.mutate(true)}>
              {t("settings.everywhereElse")}
            </Button>
          </>
        }
      />
    </>
  );
}
