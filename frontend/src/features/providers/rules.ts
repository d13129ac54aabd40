import type { Alias, Deployment, RoutingPolicy } from "@/api";
import type { Format, T } from "@/i18n";
import { holdsModel } from "@/features/models";
import { dollarsOf } from "./price";

/** Codes of regions as typed, each once. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];

/** Seconds as typed, with a comma or a point, in ms; NaN for anything else. Empty is 0. */
export function millisOf(text: string, most: number): number {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return 0;
  const ms = /^\d{1,5}(\.\d{1,3})?$/.test(trimmed) ? Math.round(Number(trimmed) * 1000) : Number.NaN;
  return ms <= most * 1000 ? ms : Number.NaN;
}

export const secondsText = (ms: number | undefined, format: Format): string => (ms ? format.typed(ms / 1000) : "");

/** The most that a million tokens may cost; what is absent is not capped. */
export interface Caps {
  max_input_nano_usd?: number;
  max_output_nano_usd?: number;
}

export type Cap = keyof Caps;

/** Both caps as typed, or the first that is no price. */
export function capsOf(typed: Record<Cap, string>): Caps | Cap {
  const caps: Caps = {};
  for (const name of ["max_input_nano_usd", "max_output_nano_usd"] as const) {
    const value = dollarsOf(typed[name]);
    if (Number.isNaN(value)) return name;
    if (value !== undefined) caps[name] = value;
  }
  return caps;
}

/** "only eu", "at most $2.50 a million in": what bounds the calls, each a few words. */
export function ruleWords(rule: Pick<Alias | RoutingPolicy, "regions" | Cap>, t: T, format: Format): string[] {
  return [
    rule.regions && rule.regions.length > 0 ? t("providers.onlyRegions", { regions: format.list(rule.regions) }) : "",
    rule.max_input_nano_usd === undefined ? "" : t("providers.capIn", { price: format.price(rule.max_input_nano_usd) }),
    rule.max_output_nano_usd === undefined ? "" : t("providers.capOut", { price: format.price(rule.max_output_nano_usd) }),
  ].filter(Boolean);
}

/** The roles that the team's rules keep from a model or an alias. */
export const barredRoles = (policy: RoutingPolicy | undefined, name: string): string[] => (policy?.roles ?? []).filter((one) => !holdsModel(one.models, name)).map((one) => one.role);

export interface Share {
  deployment: Deployment;
  /** Of the model's calls, 0 to 1. */
  share: number;
}

/** How the calls of a model are shared by weight among those that are asked first. */
export function sharesOf(deployments: readonly Deployment[], model: string): Share[] {
  const mine = deployments.filter((one) => one.model === model && one.enabled);
  const first = Math.min(...mine.map((one) => one.priority));
  const equals = mine.filter((one) => one.priority === first);
  const total = equals.reduce((sum, one) => sum + one.weight, 0);
  return equals.map((deployment) => ({ deployment, share: deployment.weight / total }));
}
