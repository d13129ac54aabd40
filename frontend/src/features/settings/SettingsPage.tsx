import { useQuery } from "@tanstack/react-query";
import { problemOf, settingsQuery, statusQuery } from "@/api";
import { SessionList } from "@/features/account";
import { useT } from "@/i18n";
import { Page, TableSkeleton, View } from "@/ui";
import { Preferences } from "./Preferences";
import { Section } from "./Section";
import { ServerSection } from "./ServerSection";

export function SettingsPage() {
  const t = useT();
  const settings = useQuery(settingsQuery());
  const status = useQuery(statusQuery());
  return (
    <Page title={t("settings.title")} narrow>
      <View query={settings} problem={settings.error ? problemOf(settings.error) : undefined} skeleton={<TableSkeleton rows={6} columns={2} />}>
        {(values) => <Preferences settings={values} />}
      </View>
      {status.data && <ServerSection server={status.data.server} unsynced={status.data.unsynced} />}
      {status.data?.server.state === "connected" && (
        <Section title={t("settings.sessions")}>
          <SessionList />
        </Section>
      )}
      {status.data && <p className="num pt-2 text-xs text-faint">{t("settings.version", { version: status.data.version })}</p>}
    </Page>
  );
}
