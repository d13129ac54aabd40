// The console's pages as data: the rail, the router and the palette read it.
import { Activity, Boxes, FlaskConical, Gauge, KeyRound, LayoutDashboard, ReceiptText, ScrollText, Users, type LucideIcon } from "lucide-react";
import type { Permission } from "../me";

export interface ConsolePage {
  id: "dashboard" | "logs" | "providers" | "playground" | "audit" | "limits" | "cost" | "users" | "keys";
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
  { id: "limits", path: "/limits", group: "govern", icon: Gauge, needs: "limits.read" },
  { id: "cost", path: "/cost", group: "manage", icon: ReceiptText, needs: "costs.read" },
  { id: "users", path: "/users", group: "manage", icon: Users, needs: "users.read" },
  { id: "keys", path: "/keys", group: "manage", icon: KeyRound, needs: "keys.read" },
];
