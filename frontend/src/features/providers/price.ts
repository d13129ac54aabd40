import type { ModelPrice, TokenPrices } from "@/api";
import type { Format, T } from "@/i18n";

const nano = 1e9;

/** US dollars as typed, with a comma or a point, in nano US dollars; undefined when empty, NaN when it is none. */
export function dollarsOf(text: string): number | undefined {
  const trimmed = text.trim().replace(",", ".");
  if (trimmed === "") return undefined;
  return /^\d{1,6}(\.\d{1,9})?$/.test(trimmed) ? Math.round(Number(trimmed) * nano) : Number.NaN;
}

export const dollarText = (nanoUsd: number | undefined, format: Format): string => (nanoUsd === undefined ? "" : format.typed(nanoUsd / nano));

/** Names the price of a model at a provider, as the address has it. */
export const priceKey = ({ provider_id, upstream }: { provider_id: string; upstream: string }): string => `${provider_id}/${upstream}`;

/** "$1.25 in, $10.00 out": what a million tokens cost. */
export function priceLine(price: ModelPrice | TokenPrices, t: T, format: Format): string {
  if ("source" in price && price.source === "local") return t("providers.costsNothing");
  if (price.input_nano_usd === undefined && price.output_nano_usd === undefined) return "source" in price && price.source === "unknown" ? t("logs.unpriced") : "–";
  return [
    price.input_nano_usd === undefined ? "" : t("providers.priceIn", { price: format.price(price.input_nano_usd) }),
    price.output_nano_usd === undefined ? "" : t("providers.priceOut", { price: format.price(price.output_nano_usd) }),
  ].filter(Boolean).join(", ");
}
