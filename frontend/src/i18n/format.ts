import i18next from "i18next";
import { useMemo } from "react";
import { useLocale } from "./language";

export type Format = ReturnType<typeof createFormat>;

const nano = 1e9;
/** The least that a column of costs can show, in nano US dollars. */
const leastCost = 100_000;

/** Made when first used: each of them costs about a millisecond, and few are used where time matters. */
function late<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Numbers, money and times in one language. Times are shown in the zone of the reader. */
export function createFormat(locale: string, timeZone?: string) {
  const zone = timeZone ? { timeZone } : {};
  const integer = late(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }));
  const decimal = late(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }));
  const tenths = late(() => new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  const plain = late(() => new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 9 }));
  const compact = late(() => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }));
  const percent = late(() => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }));
  const cents = late(() => new Intl.NumberFormat(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol" }));
  const usd = (least: number, most: number) => late(() => new Intl.NumberFormat(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: least, maximumFractionDigits: most }));
  const rate = usd(2, 6);
  const call = usd(4, 4);
  const tiny = late(() => new Intl.NumberFormat(locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", maximumSignificantDigits: 2 }));
  const time = late(() => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", ...zone }));
  const seconds = late(() => new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone }));
  const day = late(() => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", ...zone }));
  const dayYear = late(() => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", ...zone }));
  const weekday = late(() => new Intl.DateTimeFormat(locale, { weekday: "long", ...zone }));
  const month = late(() => new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", ...zone }));
  const moment = (timeZone: string) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short", timeZone });
  const full = late(() => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", ...zone }));
  const relative = late(() => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }));
  const list = late(() => new Intl.ListFormat(locale, { type: "conjunction" }));
  const collator = late(() => new Intl.Collator(locale, { numeric: true, sensitivity: "base" }));
  const duration = (ms: number, decimals: Intl.NumberFormat) => {
    if (Math.round(ms) < 1000) return `${integer().format(ms)} ms`;
    if (ms < 59_950) return `${decimals.format(ms / 1000)} s`;
    const seconds = Math.round(ms / 1000);
    if (seconds < 3600) return `${integer().format(Math.floor(seconds / 60))} min ${integer().format(seconds % 60)} s`;
    const minutes = Math.round(seconds / 60);
    return `${integer().format(Math.floor(minutes / 60))} h ${integer().format(minutes % 60)} min`;
  };
  const date = (at: Date | string | number) => (at instanceof Date ? at : new Date(at));

  return {
    locale,
    integer: (n: number) => integer().format(n),
    decimal: (n: number) => decimal().format(n),
    /** 12.3k; for places without room. */
    compact: (n: number) => compact().format(n),
    percent: (share: number) => percent().format(share),
    /** Nano US dollars as money; below a cent with two digits that mean something. */
    money(nanoUsd: number) {
      const usd = nanoUsd / nano;
      return usd !== 0 && Math.abs(usd) < 0.01 ? tiny().format(usd) : cents().format(usd);
    },
    /** What a million tokens cost: no digit of a price is rounded away. */
    price: (nanoUsd: number) => rate().format(nanoUsd / nano),
    /** What calls cost, in a column: four decimals each, so that the points stand below each other. */
    cost: (nanoUsd: number) => (nanoUsd > 0 && nanoUsd < leastCost / 2 ? `< ${call().format(leastCost / nano)}` : call().format(nanoUsd / nano)),
    /** Milliseconds as "240 ms" or "1.2 s", as short as it can be. */
    duration: (ms: number) => duration(ms, decimal()),
    /** A measured time, in a column or ticking: "2.0 s". */
    timing: (ms: number) => duration(ms, tenths()),
    /** A number as somebody would type it. */
    typed: (n: number) => plain().format(n),
    bytes(n: number) {
      if (n < 1e6) return `${integer().format(n / 1e3)} kB`;
      if (n < 1e9) return `${integer().format(n / 1e6)} MB`;
      return `${decimal().format(n / 1e9)} GB`;
    },
    time: (at: Date | string | number) => time().format(date(at)),
    timeWithSeconds: (at: Date | string | number) => seconds().format(date(at)),
    day(at: Date | string | number, now: Date = new Date()) {
      const d = date(at);
      return (d.getFullYear() === now.getFullYear() ? day : dayYear)().format(d);
    },
    weekday: (at: Date | string | number) => weekday().format(date(at)),
    month: (at: Date | string | number) => month().format(date(at)),
    /** The whole truth, for tooltips and details. */
    full: (at: Date | string | number) => full().format(date(at)),
    /** A moment in a zone that is said with it; in that of the reader where this browser does not know the zone. */
    moment(at: Date | string | number, timeZone?: string) {
      if (timeZone && isZone(timeZone)) return moment(timeZone).format(date(at));
      return full().format(date(at));
    },
    /** "3 min. ago", "in 2 days"; pass now from a clock that ticks when it should move. */
    ago(at: Date | string | number, now: Date = new Date()) {
      const s = (date(at).getTime() - now.getTime()) / 1000;
      const abs = Math.abs(s);
      if (abs < 45) return relative().format(0, "second");
      if (abs < 2700) return relative().format(Math.round(s / 60), "minute");
      if (abs < 64_800) return relative().format(Math.round(s / 3600), "hour");
      if (abs < 86_400 * 26) return relative().format(Math.round(s / 86_400), "day");
      return dayYear().format(date(at));
    },
    list: (words: readonly string[]) => list().format(words),
    /** Compares names the way this language sorts them. */
    compare: (a: string, b: string) => collator().compare(a, b),
  };
}

/** The reader's own region of a language: someone in London reads English with a 24-hour clock. */
export function regional(locale: string, preferred: readonly string[]): string {
  if (locale.includes("-")) return locale;
  return preferred.find((tag) => tag.startsWith(`${locale}-`)) ?? locale;
}

/** The formats of the language in use, shared by everything that is shown in it. */
let latest: Format | undefined;

function sharedFormat(locale: string): Format {
  if (latest?.locale !== locale) latest = createFormat(locale);
  return latest;
}

function isZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone }));
  } catch {
    return false;
  }
}

/** The formats of the language in use, outside components. */
export const currentFormat = (): Format => sharedFormat(regional(i18next.language, navigator.languages));

export function useFormat(): Format {
  const language = useLocale();
  const locale = regional(language, navigator.languages);
  return useMemo(() => sharedFormat(locale), [locale]);
}
