import type { Me, Role, User } from "@/api";
import { translate } from "@/i18n";

export const roles: readonly Role[] = ["owner", "admin", "developer", "member", "auditor"];

/** Why the caller may not change somebody, if so; the server has the last word. */
export type Guard = "own" | "above";

export function guardOf(me: Me, user: User): Guard | undefined {
  if (user.id === me.user_id) return "own";
  if (user.role === "owner" && me.role !== "owner") return "above";
  return undefined;
}

/** The roles that the caller may give away. */
export const givable = (me: Me): readonly Role[] => (me.role === "owner" ? roles : roles.filter((role) => role !== "owner"));

/** A role in words; a newer server may have more. */
export const roleName = (role: string): string => (roles.includes(role as Role) ? translate(`console.role.${role as Role}`) : role);

/** What to call somebody who may not have a name yet. */
export const called = (user: Pick<User, "name" | "email">): string => user.name || user.email;
