import { useQuery, useQueryClient } from "@tanstack/react-query";
import { problemOf, settingsQuery, statusQuery } from "@/api";
import { SessionList } from "@/features/account";
import { useT } from "@/i18n";
import { Page, TableSkeleton, View } from "@/ui";
import { Preferences } from "./Preferences";
import { Section } from "./Section";
import { ServerSection } from "./ServerSection";

export function SettingsPage() {
  const t = useT();
  const client = useQueryClient();
  const settings = useQuery(settingsQuery());
  const status = useQuery(statusQuery());
  const server = status.data?.server;
  return (
    <Page title={t("settings.title")} narrow>
      <View query={settings} problem={settings.error ? problemOf(settings.error) : undefined} skeleton={<TableSkeleton rows={6} columns={2} />}>
        {(values) => <Preferences settings={values} />}
      </View>
      {status.data && <ServerSection server={status.data.server} unsynced={status.data.unsynced} />}
      {server && server.state !== "none" && (
        <Section title={t("settings.sessions")}>
          {server.state === "connected" ? (
            <SessionList onOut={() => void client.invalidateQueries()} />
          ) : (
            <p className="py-3 text-sm text-muted">{t(server.state === "signed_out" ? "settings.sessionsSignedOut" : "settings.sessionsOffline")}</p>
          )}
        </Section>
      )}
      {status.data && <p className="num pt-2 text-xs text-faint">{t("settings.version", { version: status.data.version })}</p>}
    </Page>
  );
}
