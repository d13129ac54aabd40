import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Monitor } from "lucide-react";
import { accountKeys, problemOf, revokeSession, sessionsQuery } from "@/api";
import { useFormat, useT } from "@/i18n";
import { Badge, Bar, Button, Skeleton, useToasts, View } from "@/ui";
import { SignOutEverywhere } from "./SignOutEverywhere";

/** Where the caller is signed in; each session but this one can be ended, and all at once. */
export function SessionList({ onOut }: { onOut: () => void }) {
  const t = useT();
  const format = useFormat();
  const toasts = useToasts();
  const client = useQueryClient();
  const sessions = useQuery(sessionsQuery());
  const end = useMutation({
    mutationFn: revokeSession,
    onSuccess: () => {
      toasts.show({ title: t("settings.sessionEnded"), tone: "ok" });
      void client.invalidateQueries({ queryKey: accountKeys.sessions });
    },
    onError: (error) => toasts.problem(problemOf(error)),
  });
  return (
    <View
      query={sessions}
      problem={sessions.error ? problemOf(sessions.error) : undefined}
      skeleton={
        <Skeleton>
          {[0, 1].map((row) => (
            <div key={row} className="flex h-13 items-center gap-4 border-b border-line">
              <Bar width={160} />
              <Bar width={90} />
            </div>
          ))}
        </Skeleton>
      }
    >
      {(all) => (
        <>
          <ul className="divide-y divide-line">
            {all.map((session) => (
              <li key={session.id} className="flex min-h-13 items-center gap-3 py-2">
                <Monitor size={16} className="shrink-0 text-faint" aria-hidden />
                <div className="min-w-0 flex-1">
                  <div className="truncate text-sm font-medium">{session.device}</div>
                  <div className="truncate text-xs text-muted" title={format.full(session.created_at)}>
                    {t("settings.lastSeen", { time: format.ago(session.seen_at) })}
                    {session.ip && <span className="text-faint"> · {session.ip}</span>}
                  </div>
                </div>
                {session.current ? (
                  <Badge tone="ok">{t("settings.thisSession")}</Badge>
                ) : (
                  <Button size="sm" tone="danger" busy={end.isPending && end.variables === session.id} onClick={() => end.mutate(session.id)}>
                    {t("settings.endSession")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
          <div className="flex justify-end border-t border-line pt-3">
            <SignOutEverywhere onOut={onOut} />
          </div>
        </>
      )}
    </View>
  );
}
