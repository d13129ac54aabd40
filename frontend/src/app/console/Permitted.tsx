import { Navigate, Outlet, useMatches } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui";
import { useMe } from "../me";
import { consolePages } from "./pages";

/** The page of the address if the role includes it; the host checks again. */
export function Permitted() {
  const t = useT();
  const me = useMe();
  const matches = useMatches();
  const path = String(matches.at(-1)?.fullPath ?? "/");
  const page = consolePages.find((p) => p.path === path);
  if (!page || me.permissions.includes(page.needs)) return <Outlet />;
  const first = consolePages.find((p) => me.permissions.includes(p.needs));
  if (path === "/" && first) return <Navigate to={first.path as never} replace />;
  return (
    <main id="content" className="flex-1">
      <EmptyState icon={<Lock size={20} />} title={t("console.forbidden")}>
        {t("console.forbiddenText", { team: me.tenant_name })}
      </EmptyState>
    </main>
  );
}
