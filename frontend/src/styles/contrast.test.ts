import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

// WCAG 2.2 contrast, computed from the tokens themselves.
const css = readFileSync(join(import.meta.dirname, "tokens.css"), "utf8");

type Rgb = [number, number, number];

/** Björn Ottosson's OKLab, to linear sRGB. */
function linear(l: number, c: number, h: number): Rgb {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const l3 = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m3 = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s3 = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clamp = (x: number) => Math.min(1, Math.max(0, x));
  return [clamp(4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3), clamp(-1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3), clamp(-0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3)];
}
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
const ratio = (a: Rgb, b: Rgb) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

function tokens(block: string): Map<string, Rgb> {
  const found = new Map<string, Rgb>();
  for (const [, name = "", l, c, h] of block.matchAll(/--color-([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)) found.set(name, linear(Number(l), Number(c), Number(h)));
  return found;
}
const block = (start: string) => {
  const from = css.indexOf(start);
  return css.slice(from, css.indexOf("\n}", from));
};
const light = tokens(block("@theme {"));
const themes = { light, dark: new Map([...light, ...tokens(block('[data-theme="dark"]'))]), contrast: new Map([...light, ...tokens(block('[data-theme="contrast"]'))]) };

const surfaces = ["bg", "surface", "raised", "overlay"];
const texts = ["text", "muted", "faint", "accent-text", "ok", "warn", "danger", "info"];
const families = ["openai", "anthropic", "google", "deepseek", "meta", "mistral", "qwen", "other"].map((f) => `family-${f}`);

describe.each(Object.entries(themes))("%s", (name, theme) => {
  const of = (token: string): Rgb => {
    const found = theme.get(token);
    if (!found) throw new Error(`no token ${token}`);
    return found;
  };
  const least = name === "contrast" ? 7 : 4.5;
  test.each(surfaces.flatMap((s) => [...texts, ...families].map((t) => [t, s] as const)))("%s on %s", (text, surface) => {
    expect(ratio(of(text), of(surface))).toBeGreaterThanOrEqual(least);
  });
  test("text on the accent", () => expect(ratio(of("on-accent"), of("accent"))).toBeGreaterThanOrEqual(least));
  test.each(surfaces)("focus and controls can be seen on %s", (surface) => expect(ratio(of("accent"), of(surface))).toBeGreaterThanOrEqual(3));
});

test("every theme gives every colour a value", () => {
  const names = [...light.keys()].sort();
  for (const start of ['[data-theme="dark"]', '[data-theme="contrast"]']) {
    const own = tokens(block(start));
    expect(names.filter((name) => !own.has(name))).toEqual([]);
  }
});
