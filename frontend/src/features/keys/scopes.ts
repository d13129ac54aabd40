import type { NewKey } from "@/api";
import { translate } from "@/i18n";

export type Scope = NonNullable<NewKey["scopes"]>[number];
export const scopes: readonly Scope[] = ["models.use", "logs.read"];

const words = { "models.use": "models_use", "logs.read": "logs_read" } as const;

/** A scope in words; a newer server may have more. */
export const scopeName = (scope: string): string => (scopes.includes(scope as Scope) ? translate(`keys.scope.${words[scope as Scope]}`) : scope);
export const scopeHelp = (scope: Scope): string => translate(`keys.scopeHelp.${words[scope]}`);
