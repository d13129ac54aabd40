import * as Radix from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { cx } from "./cx";
import { Kbd } from "./Kbd";

export interface MenuItem {
  id: string;
  label: string;
  icon?: ReactNode;
  keys?: readonly string[];
  detail?: string;
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

export interface MenuGroup {
  label?: string;
  items: readonly MenuItem[];
}

interface Props {
  /** The button that opens it. */
  children: ReactNode;
  groups: readonly MenuGroup[];
  align?: "start" | "center" | "end";
  side?: "top" | "bottom" | "left" | "right";
  width?: number;
  header?: ReactNode;
  onOpenChange?: (open: boolean) => void;
}

export function Menu({ children, groups, align = "end", side = "bottom", width = 200, header, onOpenChange }: Props) {
  return (
    <Radix.Root modal={false} {...(onOpenChange ? { onOpenChange } : {})}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          style={{ minWidth: width }}
          className="z-50 max-h-[min(480px,var(--radix-dropdown-menu-content-available-height))] max-w-90 animate-fade overflow-y-auto rounded-lg bg-overlay p-1 shadow-float"
        >
          {header}
          {groups.map((group, index) => (
            <Fragment key={group.label ?? index}>
              {index > 0 && <Radix.Separator className="mx-2 my-1 h-px bg-line" />}
              {group.label && <Radix.Label className="px-2 pt-1.5 pb-1 text-2xs font-medium text-faint">{group.label}</Radix.Label>}
              {group.items.map((item) => (
                <Radix.Item
                  key={item.id}
                  disabled={item.disabled === true}
                  onSelect={item.onSelect}
                  {...(item.checked === undefined ? {} : { role: "menuitemradio", "aria-checked": item.checked })}
                  className={cx(
                    "flex min-h-7 items-center gap-2 rounded-md px-2 py-1 text-sm outline-none select-none data-[disabled]:opacity-50",
                    item.danger ? "text-danger data-[highlighted]:bg-danger/10" : "data-[highlighted]:bg-text/7",
                  )}
                >
                  {item.icon && <span className={cx("flex w-4 shrink-0 justify-center", !item.danger && "text-muted")}>{item.icon}</span>}
                  <span className="min-w-0 flex-1">
                    <span className="block truncate">{item.label}</span>
                    {item.detail && <span className="block truncate text-xs text-muted">{item.detail}</span>}
                  </span>
                  {item.keys && <Kbd keys={item.keys} />}
                  {item.checked && <Check size={14} className="shrink-0 text-accent-text" aria-hidden />}
                </Radix.Item>
              ))}
            </Fragment>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
