// The console's pages as data: the rail, the router and the palette read it.
import { Activity, Boxes, FlaskConical, KeyRound, LayoutDashboard, ScrollText, Users, type LucideIcon } from "lucide-react";
import type { Permission } from "../me";

export interface ConsolePage {
  id: "dashboard" | "logs" | "providers" | "playground" | "audit" | "users" | "keys";
  path: string;
  group: "operate" | "build" | "govern" | "manage";
  icon: LucideIcon;
  needs: Permission;
}

export const consolePages: readonly ConsolePage[] = [
  { id: "dashboard", path: "/", group: "operate", icon: LayoutDashboard, needs: "dashboard.read" },
  { id: "logs", path: "/logs", group: "operate", icon: Activity, needs: "logs.read" },
  { id: "providers", path: "/providers", group: "operate", icon: Boxes, needs: "providers.read" },
  { id: "playground", path: "/playground", group: "build", icon: FlaskConical, needs: "models.use" },
  { id: "audit", path: "/audit", group: "govern", icon: ScrollText, needs: "audit.read" },
  { id: "users", path: "/users", group: "manage", icon: Users, needs: "users.read" },
  { id: "keys", path: "/keys", group: "manage", icon: KeyRound, needs: "keys.read" },
];
