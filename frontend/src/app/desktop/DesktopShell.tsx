import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Clock, MessageSquare, Moon, PanelLeft, Settings as SettingsIcon, Stethoscope, Sun, type LucideIcon } from "lucide-react";
import { useContext, useMemo } from "react";
import { keysOf, useOfferActions, type Action } from "@/actions";
import { statusQuery } from "@/api";
import { Mark } from "@/features/account";
import { Notices, StatusBar } from "@/features/status";
import { useT } from "@/i18n";
import { useRuns } from "@/stream";
import { asBoolean, IconButton, Tooltip, useNarrow, useStored } from "@/ui";
import { PaletteHost } from "../PaletteHost";
import { chooseTheme } from "../theme";
import { useHostStream } from "../useHostStream";
import { HostContext } from "./HostContext";
import { useSettingsApplied } from "./useSettingsApplied";

interface Place {
  id: "chat" | "queue" | "diagnostics" | "settings";
  path: string;
  icon: LucideIcon;
  shortcut?: string;
}

const top: readonly Place[] = [
  { id: "chat", path: "/chat/{-$conversationId}", icon: MessageSquare, shortcut: "alt+1" },
  { id: "queue", path: "/queue", icon: Clock, shortcut: "alt+2" },
];
const bottom: readonly Place[] = [
  { id: "diagnostics", path: "/diagnostics", icon: Stethoscope },
  { id: "settings", path: "/settings", icon: SettingsIcon, shortcut: "mod+," },
];

/** Rail, content and the status line of the desktop. */
export function DesktopShell() {
  const t = useT();
  const navigate = useNavigate();
  const runs = useRuns();
  const stream = useContext(HostContext);
  useHostStream(stream, runs);
  useSettingsApplied();
  const narrow = useNarrow();
  const [wide, setWide] = useStored("rail.wide", false, asBoolean);
  const open = wide && !narrow;
  const status = useQuery(statusQuery());
  const waiting = status.data?.waiting ?? 0;

  const actions = useMemo<Action[]>(
    () => [
      ...[...top, ...bottom].map((place): Action => ({
        id: `go.${place.id}`,
        label: t(`app.${place.id}`),
        group: "go",
        icon: place.icon,
        inText: true,
        ...(place.shortcut ? { shortcuts: [place.shortcut] } : {}),
        run: () => void navigate({ to: place.path as never, params: {} as never }),
      })),
      { id: "view.light", label: t("app.theme.use", { name: t("app.theme.light") }), group: "view", icon: Sun, run: () => chooseTheme("light") },
      { id: "view.dark", label: t("app.theme.use", { name: t("app.theme.dark") }), group: "view", icon: Moon, run: () => chooseTheme("dark") },
    ],
    [t, navigate],
  );
  useOfferActions(actions);

  const item = (place: Place) => <RailItem key={place.id} place={place} wide={open} count={place.id === "queue" ? waiting : 0} />;
  return (
    <div className="flex h-full flex-col">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-60 focus:m-2 focus:rounded-md focus:bg-overlay focus:px-3 focus:py-2 focus:shadow-float" onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}>
        {t("app.skip")}
      </a>
      <div className="flex min-h-0 flex-1">
        <nav aria-label={t("app.navigation")} className={`flex h-full shrink-0 flex-col border-e border-line bg-surface pb-2 ${open ? "w-[180px]" : "w-[52px]"}`}>
          <div className={`flex h-12 shrink-0 items-center gap-2 ${open ? "px-4" : "justify-center"}`}>
            <Mark size={18} />
            {open && <span className="text-sm font-semibold tracking-[-0.01em]">{t("app.name")}</span>}
          </div>
          <div className="flex flex-1 flex-col gap-0.5 px-2">{top.map(item)}</div>
          <div className="flex flex-col gap-0.5 px-2">
            {bottom.map(item)}
            {!narrow && (
              <IconButton side="right" label={open ? t("app.collapseRail") : t("app.expandRail")} onClick={() => setWide(!wide)} className={open ? "!h-7 !w-full !justify-start !px-2" : "!size-9"}>
                <PanelLeft size={15} aria-hidden />
              </IconButton>
            )}
          </div>
        </nav>
        <div className="flex min-w-0 flex-1 flex-col">
          <Notices />
          <div className="flex min-h-0 flex-1">
            <Outlet />
          </div>
        </div>
      </div>
      <StatusBar />
      <PaletteHost />
    </div>
  );
}

function RailItem({ place, wide, count }: { place: Place; wide: boolean; count: number }) {
  const t = useT();
  const Icon = place.icon;
  const name = t(`app.${place.id}`);
  const label = count > 0 ? `${name}, ${t("local.status.waiting", { count })}` : name;
  const link = (
    <Link
      to={place.path as never}
      params={{} as never}
      activeOptions={{ includeSearch: false }}
      aria-label={label}
      className={`relative flex items-center rounded-md text-sm font-medium text-muted transition-colors hover:bg-text/5 hover:text-text data-[status=active]:bg-text/8 data-[status=active]:text-text ${wide ? "h-7 gap-2.5 px-2" : "size-9 justify-center"}`}
    >
      <Icon size={16} aria-hidden className="shrink-0" />
      {wide && <span className="flex-1 truncate">{name}</span>}
      {count > 0 && <span className={`num rounded-full bg-warn/20 px-1 text-[10px] leading-4 font-semibold text-text ${wide ? "" : "absolute end-0.5 top-0.5"}`}>{count > 99 ? "99+" : count}</span>}
    </Link>
  );
  return wide ? (
    link
  ) : (
    <Tooltip side="right" content={name} keys={place.shortcut ? keysOf(place.shortcut) : undefined}>
      {link}
    </Tooltip>
  );
}
