import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { en } from "./en";
import { createFormat, regional } from "./format";
import { chooseLocale, nearest, translate } from "./index";
import { ptBR } from "./pt-BR";
import { ptPT } from "./pt-PT";

function flatten(words: object, prefix = ""): Map<string, string> {
  const out = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "string") out.set(prefix + key, value);
    else for (const [inner, text] of flatten(value as object, `${prefix}${key}.`)) out.set(inner, text);
  }
  return out;
}
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)/g)].map((m) => m[1]).sort();
const english = flatten(en);

describe.each([["pt-PT", ptPT], ["pt-BR", ptBR]] as const)("%s", (_locale, words) => {
  const other = flatten(words);
  test("has every key of English and no other", () => expect([...other.keys()].sort()).toEqual([...english.keys()].sort()));
  test("fills in the same things", () => {
    for (const [key, text] of english) expect([key, placeholders(other.get(key) ?? "")]).toEqual([key, placeholders(text)]);
  });
  test("is not left empty", () => expect([...other].filter(([, text]) => text.trim() === "")).toEqual([]));
});

test("every plural has both forms", () => {
  for (const key of english.keys()) {
    if (key.endsWith("_one")) expect(english.has(key.replace(/_one$/, "_other")), key).toBe(true);
    if (key.endsWith("_other")) expect(english.has(key.replace(/_other$/, "_one")), key).toBe(true);
  }
});

test("no exclamation marks", () => {
  for (const words of [en, ptPT, ptBR]) expect([...flatten(words).values()].filter((text) => text.includes("!"))).toEqual([]);
});

test("plurals and large numbers in Portuguese, the millions too", async () => {
  await chooseLocale("pt-PT");
  expect(translate("chat.unsent", { count: 1 })).toBe("1 mensagem por enviar");
  expect(translate("chat.unsent", { count: 2 })).toBe("2 mensagens por enviar");
  expect(translate("chat.unsent", { count: 1_000_000 })).toMatch(/^1\s?000\s?000 mensagens por enviar$/);
  await chooseLocale("en");
});

test.each([
  [["pt"], "pt-BR"], [["pt-PT"], "pt-PT"], [["pt-AO", "en"], "pt-PT"], [["de", "en-GB"], "en"], [["ja"], "en"], [[], "en"],
] as const)("%j is nearest to %s", (preferred, locale) => expect(nearest(preferred)).toBe(locale));

test("a region of the reader decides clocks and separators", () => {
  expect(regional("en", ["de-DE", "en-GB"])).toBe("en-GB");
  expect(regional("pt-PT", ["pt-BR"])).toBe("pt-PT");
});

test("money below a cent keeps two digits that mean something", () => {
  const format = createFormat("en-US", "UTC");
  expect(format.money(41_200_000)).toBe("$0.04");
  expect(format.money(123_456)).toBe("$0.00012");
  expect(format.money(0)).toBe("$0.00");
  expect(format.money(-2_500_000_000)).toBe("-$2.50");
});

test("no digit of a price is rounded away, and a column of costs never says that something was free", () => {
  const format = createFormat("en-US", "UTC");
  expect([3e9, 75_000_000, 1_250_000, 0].map(format.price)).toEqual(["$3.00", "$0.075", "$0.00125", "$0.00"]);
  expect([659_812_345, 8_000_000, 15_000, 0].map(format.cost)).toEqual(["$0.6598", "$0.0080", "< $0.0001", "$0.0000"]);
});

test("times end where the next unit begins", () => {
  const format = createFormat("en-US", "UTC");
  expect([999.4, 999.6, 2000, 59_949, 59_951, 119_600, 119_400, 3_599_600, 7_260_000].map(format.duration)).toEqual(["999 ms", "1 s", "2 s", "59.9 s", "1 min 0 s", "2 min 0 s", "1 min 59 s", "1 h 0 min", "2 h 1 min"]);
  expect([240, 2000, 61_000].map(format.timing)).toEqual(["240 ms", "2.0 s", "1 min 1 s"]);
  expect(createFormat("pt-PT").typed(1.5)).toBe("1,5");
  expect(createFormat("en").typed(1_234_567)).toBe("1234567");
});

// Text that a person reads goes through t(): a sentence in JSX is a bug.
describe("no text is written into components", () => {
  const root = join(import.meta.dirname, "..");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".tsx") && !/\.test\.tsx$|^test\//.test(f));
  const attributes = new Set(["label", "title", "placeholder", "alt", "aria-label", "description", "help", "lead", "text", "content"]);
  const isWords = (text: string) => /\p{L}{2,}/u.test(text);

  test.each(files)("%s", (file) => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
    const found: string[] = [];
    const visit = (node: ts.Node) => {
      if (ts.isJsxText(node) && isWords(node.text)) found.push(node.text.trim());
      if (ts.isJsxAttribute(node) && attributes.has(node.name.getText(source)) && node.initializer && ts.isStringLiteral(node.initializer) && isWords(node.initializer.text)) found.push(node.initializer.text);
      ts.forEachChild(node, visit);
    };
    visit(source);
    expect(found).toEqual([]);
  });
});
