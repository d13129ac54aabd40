import { Link } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { Tooltip } from "@/ui";
import type { ConsolePage } from "./pages";

/** The way to a page: a row of the rail, its icon alone, or a tab under the thumb. */
export function NavItem({ page, form }: { page: ConsolePage; form: "row" | "icon" | "tab" }) {
  const t = useT();
  const Icon = page.icon;
  const name = t(`console.${page.id}`);
  const shape = form === "row" ? "h-7 gap-2.5 px-2" : form === "icon" ? "size-9 justify-center" : "h-11 min-w-0 flex-1 justify-center";
  const link = (
    <Link
      to={page.path as never}
      activeOptions={{ exact: page.path === "/" }}
      aria-label={form === "row" ? undefined : name}
      className={`flex items-center rounded-md text-sm font-medium text-muted transition-colors hover:bg-text/5 hover:text-text data-[status=active]:bg-text/8 data-[status=active]:text-text ${shape}`}
    >
      <Icon size={form === "tab" ? 18 : 15} aria-hidden className="shrink-0" />
      {form === "row" && <span className="truncate">{name}</span>}
    </Link>
  );
  return form === "icon" ? (
    <Tooltip content={name} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
