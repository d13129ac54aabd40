import { useNavigate } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useT } from "@/i18n";
import { Button, Menu } from "@/ui";
import { AccountMenu } from "./AccountMenu";
import { NavItem } from "./NavItem";
import type { ConsolePage } from "./pages";

/** As many tabs as a thumb can tell apart; the other pages are in a menu. */
const most = 5;

export function PhoneNav({ pages, groups }: { pages: readonly ConsolePage[]; groups: readonly ConsolePage["group"][] }) {
  const t = useT();
  const navigate = useNavigate();
  const tabs = pages.length > most ? pages.slice(0, most - 1) : pages;
  const others = pages.slice(tabs.length);
  return (
    <nav aria-label={t("app.navigation")} className="flex h-14 shrink-0 items-center border-t border-line bg-surface px-1 pb-[env(safe-area-inset-bottom)]">
      {tabs.map((page) => (
        <NavItem key={page.id} page={page} form="tab" />
      ))}
      {others.length > 0 && (
        <Menu
          side="top"
          groups={groups
            .map((group) => ({
              label: t(`console.${group}`),
              items: others.filter((page) => page.group === group).map((page) => ({ id: page.id, label: t(`console.${page.id}`), icon: <page.icon size={15} />, onSelect: () => void navigate({ to: page.path as never }) })),
            }))
            .filter((group) => group.items.length > 0)}
        >
          <Button tone="ghost" aria-label={t("console.more")} className="!h-11 min-w-0 flex-1">
            <Ellipsis size={18} aria-hidden />
          </Button>
        </Menu>
      )}
      <AccountMenu compact />
    </nav>
  );
}
