/** The address of a link or picture a model wrote, if it is one that may be opened. */
export function webAddress(raw: string): URL | undefined {
  let url: URL;
  try {
    url = new URL(raw);
  } catch {
    return undefined;
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  // user:password@host exists to make one host look like another.
  if (url.username || url.password) return undefined;
  return url;
}
