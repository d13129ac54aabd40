import { describe, expect, test } from "vitest";
import { definitions, emptySplit, extend } from "./blocks";
import { parse } from "./parse";

const sample = `Intro with *text*.
Second line.

## A heading

1. one

   still one
2. two
   - nested

\`\`\`go
func main() {

	// a blank line above closes nothing
}
\`\`\`

| a | b |
|---|--:|
| 1 | 2 |

> quote
lazy

    indented code

para
#
para #tag

- [x] done
- [ ] open

Last paragraph without end`;

function feed(text: string, cuts: (at: number) => number) {
  let split = emptySplit;
  for (let at = 0; at < text.length; ) {
    at = Math.min(text.length, at + cuts(at));
    split = extend(split, text.slice(0, at));
  }
  return extend(split, text);
}

const shape = (source: string) => parse(source).children.map((node) => node.type);

describe("splitting a growing text", () => {
  test("sealed blocks and tail add up to the text, however it was cut", () => {
    for (const size of [1, 2, 3, 7, 64, 10_000]) {
      const split = feed(sample, () => size);
      expect(split.sealed.map((b) => b.source).join("") + sample.slice(split.tailStart)).toBe(sample);
    }
  });

  test("the blocks are those of the whole text", () => {
    const split = feed(sample, () => 1);
    const whole = shape(sample);
    const parts = [...split.sealed.map((b) => b.source), sample.slice(split.tailStart)].flatMap(shape);
    expect(parts).toEqual(whole);
  });

  test("random cuts and random texts keep both promises", () => {
    const lines = sample.split("\n");
    let seed = 41;
    const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 60; round++) {
      const text = Array.from({ length: 14 }, () => lines[random(lines.length)] ?? "").join("\n");
      const split = feed(text, () => 1 + random(9));
      const pieces = [...split.sealed.map((b) => b.source), text.slice(split.tailStart)];
      expect(pieces.join("")).toBe(text);
      expect(pieces.flatMap(shape), JSON.stringify(text)).toEqual(shape(text));
    }
  }, 30_000);

  test("what is sealed stays the same object's worth: keys and sources never change", () => {
    let split = emptySplit;
    const seen = new Map<number, string>();
    for (let at = 1; at <= sample.length; at++) {
      split = extend(split, sample.slice(0, at));
      for (const block of split.sealed) {
        expect(seen.get(block.start) ?? block.source).toBe(block.source);
        seen.set(block.start, block.source);
      }
    }
  });

  test("a text that does not continue the last one starts again", () => {
    const split = extend(extend(emptySplit, "one\n\ntwo\n\nthree"), "other");
    expect(split.sealed).toEqual([]);
  });
});

test("link definitions are found, footnotes are not taken for them", () => {
  expect(definitions("see [a]\n\n[a]: https://a.test\n[^1]: note")).toBe("[a]: https://a.test");
});
