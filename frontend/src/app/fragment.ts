/** Kinds of one-time links ("token": browser mode, "link": the console); the secret is in the fragment, which never reaches a server's log. */
export type LinkKind = "token" | "link" | "invite" | "reset" | "setup";
const kinds: readonly LinkKind[] = ["token", "link", "invite", "reset", "setup"];

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

export function parseLink(hash: string): OneTimeLink | undefined {
  const fields = new URLSearchParams(hash.replace(/^#\/?/, ""));
  for (const kind of kinds) {
    const token = fields.get(kind);
    if (token) return { kind, token };
  }
  return undefined;
}
