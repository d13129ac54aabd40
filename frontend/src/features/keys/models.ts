import type { Key } from "@/api";

/** As many entries as a key's list of models can have. */
export const mostModels = 100;

/** A key's list as a field has it: undefined is any model. */
export const listOf = (key: Key): string[] | undefined => (key.models.length > 0 ? [...key.models] : undefined);
