/** The shape of a catalogue: every key of English, any words. */
export type Words<C> = { readonly [K in keyof C]: C[K] extends string ? string : Words<C[K]> };
