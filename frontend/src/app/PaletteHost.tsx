import { useCallback, useMemo, useState } from "react";
import { isMac, keysOf, search, useActions, useOfferActions, type Action, type ActionGroup } from "@/actions";
import { useT } from "@/i18n";
import { CommandPalette, Dialog, Kbd, type PaletteItem } from "@/ui";

/** The order of groups before anything is typed. */
const calm: readonly ActionGroup[] = ["conversation", "create", "recent", "go", "view", "app"];

/** The palette and the list of shortcuts, both made of the actions on offer. */
export function PaletteHost() {
  const t = useT();
  const actions = useActions();
  const [open, setOpen] = useState<"palette" | "shortcuts">();
  const own = useMemo<Action[]>(
    () => [
      { id: "app.palette", label: t("app.palette"), group: "app", shortcuts: ["mod+k"], inText: true, run: () => setOpen("palette") },
      { id: "app.shortcuts", label: t("app.shortcuts"), group: "app", shortcuts: ["?"], run: () => setOpen("shortcuts") },
    ],
    [t],
  );
  useOfferActions(own);
  const find = useCallback(
    (text: string): PaletteItem[] => {
      const offered = actions.filter((a) => a.id !== "app.palette" && (text !== "" || a.group !== "recent" || Number(a.keywords ?? 0) < 6));
      const hits = search(offered, text);
      // Groups in the order of their best hit keep the list calm while typing.
      const order = text === "" ? calm : [...new Set(hits.map((a) => a.group))];
      return hits
        .map((action, index) => ({ action, index }))
        .sort((a, b) => order.indexOf(a.action.group) - order.indexOf(b.action.group) || a.index - b.index)
        .slice(0, 60)
        .map(({ action }) => toItem(action, t(`app.group.${action.group}`)));
    },
    [actions, t],
  );
  const keyed = actions.filter((a) => a.shortcuts?.length);
  return (
    <>
      <CommandPalette open={open === "palette"} onOpenChange={(next) => setOpen(next ? "palette" : undefined)} label={t("app.palette")} placeholder={t("app.palettePlaceholder")} find={find} />
      <Dialog open={open === "shortcuts"} onOpenChange={(next) => setOpen(next ? "shortcuts" : undefined)} title={t("app.shortcuts")} description={t("app.shortcutsLead")}>
        <dl className="divide-y divide-line">
          {keyed.map((action) => (
            <div key={action.id} className="flex h-9 items-center gap-4">
              <dt className="min-w-0 flex-1 truncate">{action.label}</dt>
              <dd>
                <Kbd keys={keysOf(action.shortcuts?.[0] ?? "", isMac)} />
              </dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  );
}

function toItem(action: Action, group: string): PaletteItem {
  const Icon = action.icon;
  const shortcut = action.shortcuts?.[0];
  return {
    id: action.id,
    label: action.label,
    group,
    run: action.run,
    ...(Icon ? { icon: <Icon size={15} /> } : {}),
    ...(shortcut ? { keys: keysOf(shortcut) } : {}),
    ...(action.detail ? { detail: action.detail } : {}),
  };
}
