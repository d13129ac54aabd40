/**
 * Hands a large file to the user of a browser. The bytes come from the caller,
 * so that nothing is put together that is not whole.
 */
export async function saveFile(name: string, parts: readonly Uint8Array[], type: string): Promise<void> {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const url = URL.createObjectURL(await new Response(whole, { headers: { "Content-Type": type } }).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click; a minute is more than it needs.
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
