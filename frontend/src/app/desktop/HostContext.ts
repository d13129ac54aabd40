import { createContext } from "react";
import type { HostStream } from "@/stream";

/** The stream of the host that this page belongs to. */
export const HostContext = createContext<HostStream>({ listen: () => () => undefined });
