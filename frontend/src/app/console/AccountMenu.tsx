import { useMutation } from "@tanstack/react-query";
import { Languages, LogOut, MonitorSmartphone, SunMoon } from "lucide-react";
import { useState } from "react";
import { currentAuth, logout, problemOf } from "@/api";
import { SessionList } from "@/features/account";
import { useT } from "@/i18n";
import { Button, Dialog, Menu, Segmented, Select, useToasts } from "@/ui";
import { useMe } from "../me";
import { useAppearance } from "../useAppearance";

/** Who is signed in, how it looks, and the way out. */
export function AccountMenu({ compact = false }: { compact?: boolean }) {
  const t = useT();
  const me = useMe();
  const toasts = useToasts();
  const [open, setOpen] = useState<"sessions" | "appearance">();
  const leave = useMutation({
    mutationFn: logout,
    onSuccess: () => currentAuth().end(),
    onError: (error) => toasts.problem(problemOf(error)),
  });
  const initial = (me.name || me.email).trim().charAt(0).toUpperCase();
  return (
    <>
      <Menu
        align="start"
        side="top"
        width={216}
        header={
          <div className="px-2 pt-1.5 pb-2">
            <div className="truncate text-sm font-medium">{me.name || me.email}</div>
            <div className="truncate text-xs text-muted">{me.email}</div>
          </div>
        }
        groups={[
          {
            items: [
              { id: "sessions", label: t("account.sessions"), icon: <MonitorSmartphone size={15} />, onSelect: () => setOpen("sessions") },
              { id: "appearance", label: t("settings.appearance"), icon: <SunMoon size={15} />, onSelect: () => setOpen("appearance") },
            ],
          },
          { items: [{ id: "out", label: t("account.signOut"), icon: <LogOut size={15} />, onSelect: () => leave.mutate() }] },
        ]}
      >
        <Button tone="ghost" busy={leave.isPending} aria-label={t("account.account")} className={compact ? "size-9 !px-0" : "!h-10 w-full !justify-start !px-2"}>
          <span className="flex size-6 shrink-0 items-center justify-center rounded-full bg-text/10 text-2xs font-semibold text-text">{initial}</span>
          {!compact && (
            <span className="min-w-0 text-start">
              <span className="block truncate text-sm leading-4 font-medium text-text">{me.name || me.email}</span>
              <span className="block truncate text-2xs font-normal text-muted">{t(`console.role.${me.role as "owner"}`, { defaultValue: me.role })}</span>
            </span>
          )}
        </Button>
      </Menu>
      <Dialog open={open === "sessions"} onOpenChange={(next) => setOpen(next ? "sessions" : undefined)} title={t("account.sessions")} description={t("account.sessionsLead")}>
        <SessionList onOut={() => currentAuth().end()} />
      </Dialog>
      <AppearanceDialog open={open === "appearance"} onOpenChange={(next) => setOpen(next ? "appearance" : undefined)} />
    </>
  );
}

function AppearanceDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const t = useT();
  const { theme, setTheme, themeOptions, locale, setLocale, localeOptions } = useAppearance();
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("settings.appearance")}>
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="flex items-center gap-2">
            <SunMoon size={15} className="text-faint" aria-hidden />
            {t("app.theme.label")}
          </span>
          <Segmented label={t("app.theme.label")} value={theme} onChange={setTheme} options={themeOptions} />
        </div>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <span className="flex items-center gap-2">
            <Languages size={15} className="text-faint" aria-hidden />
            {t("app.language.label")}
          </span>
          <Select aria-label={t("app.language.label")} value={locale} onChange={setLocale} options={localeOptions} className="!w-56" />
        </div>
      </div>
    </Dialog>
  );
}
