import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { isMac } from "@/actions";
import { localKeys, modelsQuery, problemOf, saveSettings, type Settings } from "@/api";
import { pickLocale } from "@/app/locale";
import { chooseTheme } from "@/app/theme";
import { useT } from "@/i18n";
import { FamilyBadge, Segmented, Select, Switch, useToasts } from "@/ui";
import { Section, SettingRow } from "./Section";

const lastUsed = "last-used";

/** Each change takes effect and is stored at once. */
export function Preferences({ settings }: { settings: Settings }) {
  const t = useT();
  const client = useQueryClient();
  const toasts = useToasts();
  const models = useQuery(modelsQuery());
  const save = useMutation({
    mutationFn: saveSettings,
    onMutate: (next) => {
      const before = client.getQueryData<Settings>(localKeys.settings);
      client.setQueryData(localKeys.settings, next);
      return { before };
    },
    onError: (error, _next, context) => {
      client.setQueryData(localKeys.settings, context?.before);
      toasts.problem(problemOf(error));
    },
  });
  const change = (part: Partial<Settings>) => save.mutate({ ...settings, ...part });
  const chat = (models.data ?? []).filter((m) => m.kind === "chat");
  const chosen = settings.default_model || lastUsed;
  const known = chosen === lastUsed || chat.some((m) => m.id === chosen);
  return (
    <>
      <Section title={t("settings.appearance")}>
        <SettingRow label={t("app.theme.label")}>
          {() => (
            <Segmented
              label={t("app.theme.label")}
              value={settings.theme}
              onChange={(theme) => {
                chooseTheme(theme);
                change({ theme });
              }}
              options={(["system", "light", "dark", "contrast"] as const).map((value) => ({ value, label: t(`app.theme.${value}`) }))}
            />
          )}
        </SettingRow>
        <SettingRow label={t("app.language.label")}>
          {(ids) => (
            <Select
              {...ids}
              className="!w-56"
              value={settings.locale}
              onChange={(locale) => {
                void pickLocale(locale);
                change({ locale });
              }}
              options={(["system", "en", "pt-PT", "pt-BR"] as const).map((value) => ({ value, label: t(`app.language.${value}`) }))}
            />
          )}
        </SettingRow>
      </Section>
      <Section title={t("settings.writing")}>
        <SettingRow label={t("settings.sendWith")} help={t(settings.send_with === "enter" ? "settings.sendEnterHelp" : "settings.sendModEnterHelp")}>
          {() => (
            <Segmented
              label={t("settings.sendWith")}
              value={settings.send_with}
              onChange={(send_with) => change({ send_with })}
              options={[
                { value: "enter", label: t("settings.sendEnter") },
                { value: "mod-enter", label: t("settings.sendModEnter", { key: isMac ? "⌘" : "Ctrl" }) },
              ]}
            />
          )}
        </SettingRow>
        <SettingRow label={t("settings.defaultModel")}>
          {(ids) => (
            <Select
              {...ids}
              className="!w-56"
              value={chosen}
              onChange={(model) => change({ default_model: model === lastUsed ? "" : model })}
              options={[
                { value: lastUsed, label: t("settings.lastUsed") },
                ...chat.map((m) => ({ value: m.id, label: m.name, icon: <FamilyBadge family={m.family} /> })),
                ...(known ? [] : [{ value: chosen, label: chosen }]),
              ]}
            />
          )}
        </SettingRow>
      </Section>
      <Section title={t("settings.privacy")}>
        <SettingRow label={t("settings.remoteImages")} help={t("settings.remoteImagesHelp")}>
          {(ids) => <Switch {...ids} checked={settings.remote_images} onChange={(remote_images) => change({ remote_images })} />}
        </SettingRow>
      </Section>
    </>
  );
}
