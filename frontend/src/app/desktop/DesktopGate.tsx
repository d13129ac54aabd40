import { useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { currentAuth } from "@/api";
import { Front } from "@/features/account";
import { useT } from "@/i18n";
import { RunsContext, type HostStream } from "@/stream";
import { Button } from "@/ui";
import { createDesktopRuns } from "./desktopRuns";
import type { Entry } from "./enter";
import { HostContext } from "./HostContext";
import { desktopRouter } from "./router";

/** The pages, or why they cannot be shown. */
export function DesktopGate({ entry, stream }: { entry: Entry; stream: HostStream }) {
  const t = useT();
  const client = useQueryClient();
  const [lost, setLost] = useState(false);
  useEffect(() => currentAuth().onLost(() => setLost(true)), []);
  const runs = useMemo(() => createDesktopRuns(client), [client]);
  if (entry === "unreachable") {
    return (
      <Front title={t("local.status.hostGone")} lead={t("hint.network")}>
        <Button size="lg" onClick={() => window.location.reload()}>
          {t("ui.tryAgain")}
        </Button>
      </Front>
    );
  }
  if (entry === "bad-link") return <Front title={t("app.badLink.title")} lead={t("app.badLink.text")} />;
  if (entry === "no-link" || lost) return <Front title={t("app.locked.title")} lead={t("app.locked.text")} />;
  return (
    <HostContext value={stream}>
      <RunsContext value={runs}>
        <RouterProvider router={desktopRouter} />
      </RunsContext>
    </HostContext>
  );
}
