const form = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const alone = new RegExp(`^${form}$`, "i");
const address = new RegExp(`/chat/(${form})(?![0-9a-z-])`, "i");

export type Pasted = { id: string } | { wrong: "link" | "id" };

/** The conversation that was meant: by its id, or by the address that the chat page has while it is open. */
export function conversationOf(text: string): Pasted {
  const pasted = text.trim();
  if (alone.test(pasted)) return { id: pasted.toLowerCase() };
  const found = address.exec(pasted)?.[1];
  if (found) return { id: found.toLowerCase() };
  return { wrong: /[/:#]/.test(pasted) ? "link" : "id" };
}
