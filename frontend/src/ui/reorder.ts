/** The list with one item at another place; the same items, each once. */
export function moved<V>(items: readonly V[], from: number, to: number): V[] {
  const rest = items.filter((_, index) => index !== from);
  return [...rest.slice(0, to), ...items.slice(from, from + 1), ...rest.slice(to)];
}

/**
 * Where something dragged to `y` belongs among rows with these middles: it
 * passes a neighbour only when it is past that neighbour's middle.
 */
export function slotAt(middles: readonly number[], y: number, from: number): number {
  let to = from;
  while (to > 0 && y < (middles[to - 1] ?? -Infinity)) to--;
  while (to < middles.length - 1 && y > (middles[to + 1] ?? Infinity)) to++;
  return to;
}
