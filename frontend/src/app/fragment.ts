/** Kinds of one-time links: "token" opens browser mode, "link" the console, the others set a password. */
export type LinkKind = "token" | "link" | "invite" | "reset" | "setup";
const passwordKinds: readonly LinkKind[] = ["invite", "reset", "setup"];

export interface OneTimeLink {
  kind: LinkKind;
  token: string;
}

/** Reads a one-time link off the address and cleans the address, so that it is in no history. */
export function takeLink(location: Location = window.location, history: History = window.history): OneTimeLink | undefined {
  const link = parseLink(location.hash);
  if (link) history.replaceState(null, "", location.pathname + location.search);
  return link;
}

/**
 * A host's links: "#token=…" (browser mode) and "#kind=…&link=…" (server). The
 * secret is in the fragment, which never reaches a server's log.
 */
export function parseLink(hash: string): OneTimeLink | undefined {
  const fields = new URLSearchParams(hash.replace(/^#\/?/, ""));
  const bearer = fields.get("token");
  if (bearer) return { kind: "token", token: bearer };
  const token = fields.get("link");
  if (!token) return undefined;
  return { kind: passwordKinds.find((kind) => kind === fields.get("kind")) ?? "link", token };
}
