/** Days that a new key may live, or never ending. */
export const expiries = { d7: 7, d30: 30, d90: 90, d365: 365, never: undefined } as const;
export type Expiry = keyof typeof expiries;

/** When a key made now ends; undefined for never. */
export function endOf(expiry: Expiry, now: Date): Date | undefined {
  const days = expiries[expiry];
  return days === undefined ? undefined : new Date(now.getTime() + days * 86_400_000);
}
