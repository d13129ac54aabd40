import { createContext, useContext } from "react";
import type { Me } from "@/api";

export type Permission = Me["permissions"][number];

export const MeContext = createContext<Me | undefined>(undefined);

/** Who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("no MeContext above");
  return me;
}

/** Whether the caller's role includes something: hide what it does not. */
export function useCan(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}
