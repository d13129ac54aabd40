// How the desktop's page proves that it belongs to its host.
import { bearerAuth, configureApi, currentAuth, exchangeLocalLink, hasCode } from "@/api";
import { takeLink } from "../fragment";

const key = "nexus.bearer";

export type Entry = "in" | "bad-link" | "no-link" | "unreachable";

/** The window's secret, taken out of the document so that nothing else finds it there. */
export function takeWindowSecret(page: Document = document): string {
  const meta = page.querySelector<HTMLMetaElement>('meta[name="nexus-window"]');
  const secret = meta?.content ?? "";
  meta?.remove();
  return secret;
}

/** Window: the secret. Browser mode: the one-time link, or the bearer of this tab. */
export async function enter(): Promise<Entry> {
  const secret = takeWindowSecret();
  if (secret) {
    configureApi({ auth: bearerAuth(secret) });
    return "in";
  }
  const link = takeLink();
  if (link) {
    try {
      const session = await exchangeLocalLink(link.token);
      sessionStorage.setItem(key, session.access_token);
    } catch (error) {
      if (hasCode(error, "network")) return "unreachable";
      // A link that was used in this tab before a reload: its bearer still works.
      if (!sessionStorage.getItem(key)) return "bad-link";
    }
  }
  const bearer = sessionStorage.getItem(key);
  if (!bearer) return "no-link";
  configureApi({ auth: bearerAuth(bearer) });
  currentAuth().onLost(() => sessionStorage.removeItem(key));
  return "in";
}
