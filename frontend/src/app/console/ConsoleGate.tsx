import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { accountKeys, currentAuth, exchangeLink, hasCode, meQuery, problemOf, type Me } from "@/api";
import { Front, Register, SignIn } from "@/features/account";
import { useT } from "@/i18n";
import { Button, ErrorState, Spinner } from "@/ui";
import type { OneTimeLink } from "../fragment";
import { MeContext } from "../me";
import { consoleRouter } from "./router";

/** Decides between the pages before sign-in and the console itself. */
export function ConsoleGate({ link: given }: { link: OneTimeLink | undefined }) {
  const t = useT();
  const client = useQueryClient();
  const [link, setLink] = useState(given);
  // "expired" had been signed in before, "out" had not.
  const [lost, setLost] = useState<"expired" | "out">();
  const exchanging = link?.kind === "link" || link?.kind === "token";
  const enter = (me: Me) => {
    client.setQueryData(accountKeys.me, me);
    setLink(undefined);
    setLost(undefined);
  };
  const exchange = useQuery({
    queryKey: ["exchange"],
    queryFn: async () => {
      const session = await exchangeLink(link?.token ?? "");
      enter(session.me);
      return session.me.user_id;
    },
    enabled: exchanging,
    retry: false,
    staleTime: Infinity,
  });
  useEffect(
    () =>
      currentAuth().onLost(() => {
        setLost(client.getQueryData(accountKeys.me) ? "expired" : "out");
        // Nothing of the old session may stay on the screen or in memory.
        client.removeQueries({ predicate: (query) => query.queryKey[0] !== "exchange" });
      }),
    [client],
  );
  const me = useQuery({ ...meQuery(), enabled: link === undefined && lost === undefined });

  if (link && link.kind !== "link" && link.kind !== "token") return <Register kind={link.kind} token={link.token} onDone={enter} onLeave={() => setLink(undefined)} />;
  if (exchanging && exchange.isError) {
    const problem = problemOf(exchange.error);
    if (problem.code === "network") return <ErrorState problem={problem} onRetry={() => void exchange.refetch()} retrying={exchange.isFetching} />;
    return (
      <Front title={t("app.badLink.title")} lead={t("app.badLink.text")}>
        <Button size="lg" onClick={() => setLink(undefined)}>
          {t("account.toSignIn")}
        </Button>
      </Front>
    );
  }
  if (exchanging) return <Waiting label={t("account.exchanging")} />;
  if (lost || hasCode(me.error, "auth.required", "auth.token_expired")) return <SignIn reason={lost === "expired" ? t("account.expired") : undefined} onDone={enter} />;
  if (me.data === undefined) {
    if (me.isError) return <ErrorState problem={problemOf(me.error)} onRetry={() => void me.refetch()} retrying={me.isFetching} />;
    return <Waiting label={t("ui.loading")} />;
  }
  return (
    <MeContext value={me.data}>
      <RouterProvider router={consoleRouter} />
    </MeContext>
  );
}

function Waiting({ label }: { label: string }) {
  return (
    <div className="grid h-full place-items-center text-faint">
      <Spinner label={label} className="size-5" />
    </div>
  );
}
