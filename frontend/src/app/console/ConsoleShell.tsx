import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { useOfferActions, type Action } from "@/actions";
import { Mark } from "@/features/account";
import { useT } from "@/i18n";
import { sseStream } from "@/stream";
import { Dot, Tooltip, useMedia } from "@/ui";
import { useMe } from "../me";
import { PaletteHost } from "../PaletteHost";
import { useHostStream } from "../useHostStream";
import { AccountMenu } from "./AccountMenu";
import { NavItem } from "./NavItem";
import { consolePages } from "./pages";
import { Permitted } from "./Permitted";
import { PhoneNav } from "./PhoneNav";

const stream = sseStream();
const groups = ["operate", "build", "govern", "manage"] as const;

/** Rail and content; at phone width the rail lies at the bottom, under the thumb. */
export function ConsoleShell() {
  const t = useT();
  const me = useMe();
  const navigate = useNavigate();
  const connection = useHostStream(stream);
  const icons = useMedia("(max-width: 899px)");
  const phone = useMedia("(max-width: 559px)");
  const pages = useMemo(() => consolePages.filter((page) => me.permissions.includes(page.needs)), [me.permissions]);
  const actions = useMemo<Action[]>(
    () => pages.map((page, index) => ({ id: `go.${page.id}`, label: t(`console.${page.id}`), group: "go", icon: page.icon, ...(index < 9 ? { shortcuts: [`alt+${index + 1}`] } : {}), run: () => void navigate({ to: page.path as never }) })),
    [pages, t, navigate],
  );
  useOfferActions(actions);
  const live = (
    <Tooltip content={connection === "open" ? t("console.live") : t("console.reconnecting")}>
      <span className="flex size-5 items-center justify-center text-warn" role="status" aria-label={connection === "open" ? t("console.live") : t("console.reconnecting")}>
        <Dot tone={connection === "open" ? "ok" : "warn"} pulse={connection !== "open"} />
      </span>
    </Tooltip>
  );
  const main = (
    <div className="flex min-h-0 min-w-0 flex-1">
      <Permitted />
    </div>
  );
  if (phone) {
    return (
      <div className="flex h-full flex-col">
        {main}
        <PhoneNav pages={pages} groups={groups} />
        <PaletteHost />
      </div>
    );
  }
  return (
    <div className="flex h-full">
      <nav aria-label={t("app.navigation")} className={`flex h-full shrink-0 flex-col border-e border-line bg-surface ${icons ? "w-[52px]" : "w-[220px]"}`}>
        <div className={`flex h-12 shrink-0 items-center gap-2 ${icons ? "justify-center" : "px-4"}`}>
          <Mark size={18} />
          {!icons && <span className="min-w-0 flex-1 truncate text-sm font-semibold tracking-[-0.01em]">{me.tenant_name}</span>}
          {!icons && live}
        </div>
        <div className="flex-1 overflow-y-auto px-2 pb-2">
          {groups.map((group) => {
            const inGroup = pages.filter((page) => page.group === group);
            if (inGroup.length === 0) return null;
            return (
              <div key={group} className="mt-3 first:mt-1">
                {icons ? <div className="mx-2 mb-2 h-px bg-line first:hidden" /> : <div className="px-2 pb-1 text-2xs font-medium text-faint">{t(`console.${group}`)}</div>}
                {inGroup.map((page) => (
                  <NavItem key={page.id} page={page} form={icons ? "icon" : "row"} />
                ))}
              </div>
            );
          })}
        </div>
        <div className={`border-t border-line p-2 ${icons ? "flex flex-col items-center gap-1" : ""}`}>
          {icons && live}
          <AccountMenu compact={icons} />
        </div>
      </nav>
      {main}
      <PaletteHost />
    </div>
  );
}
