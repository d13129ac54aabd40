import { expect, test } from "vitest";
import { createSseParser } from "./sseParser";

const stream = ': hello\r\n\r\nid: r:1\r\ndata: {"a":1}\r\n\r\ndata: two\ndata:  lines\n\nevent: x\ndata:last\r\rdata: not ended\n';
const expected = ['{"a":1}', "two\n lines", "last"];

function read(pieces: string[]): string[] {
  const out: string[] = [];
  const parser = createSseParser((data) => out.push(data));
  for (const piece of pieces) parser.push(piece);
  return out;
}

test("one piece", () => expect(read([stream])).toEqual(expected));

test("cut anywhere", () => {
  expect(read([...stream])).toEqual(expected);
  for (let cut = 1; cut < stream.length; cut++) expect(read([stream.slice(0, cut), stream.slice(cut)]), String(cut)).toEqual(expected);
});

test("noise does not throw", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 300; round++) read(Array.from({ length: 20 }, () => "data: \r\n:x\u0000é🙂".slice(random(12), random(14))));
});
