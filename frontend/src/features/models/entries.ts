/** Whether a list of models holds one; "x*" is all that begin with x. */
export function holdsModel(entries: readonly string[], model: string): boolean {
  return entries.some((entry) => entry === model || (entry.endsWith("*") && model.startsWith(entry.slice(0, -1))));
}

/** What is offered and fits a text, and what is on the list without being offered: a pattern, or a model of another day. */
export function choicesOf(offered: readonly string[], chosen: readonly string[], text: string): string[] {
  const wanted = text.trim().toLowerCase();
  return [...new Set([...chosen.filter((entry) => !offered.includes(entry)), ...offered])].filter((name) => name.toLowerCase().includes(wanted));
}
