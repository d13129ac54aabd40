import { expect, test } from "vitest";
import { createFormat } from "@/i18n/format";
import { sorted, type Column } from "./column";
import { toCsv } from "./csv";

test("cells that need quotes get them, formulas become text, nothing is lost", () => {
  expect(toCsv(["a", "b"], [['say "x"', "1,5"], ["=HYPERLINK(1)", -3], [null, true], ["line\nbreak", "@x"]])).toBe(
    'a,b\r\n"say ""x""","1,5"\r\n\'=HYPERLINK(1),-3\r\n,true\r\n"line\nbreak",\'@x\r\n',
  );
});

test("a spreadsheet with a decimal comma gets semicolons between cells", () => {
  expect(toCsv(["a", "b"], [[1.5, "x, y"], [1234567, "p;q"]], createFormat("pt-PT").typed)).toBe('a;b\r\n1,5;x, y\r\n1234567;"p;q"\r\n');
});

const column = (id: string, value: (row: { n?: number; s: string }) => string | number | undefined): Column<{ n?: number; s: string }> => ({ id, header: id, width: 1, cell: () => null, value });

test("numbers by size, words by language, what has no value last either way", () => {
  const rows = [{ n: 10, s: "z" }, { s: "á" }, { n: 9, s: "b" }];
  const columns = [column("n", (r) => r.n), column("s", (r) => r.s)];
  const { compare } = new Intl.Collator("pt");
  const names = (sort: { column: string; down: boolean }) => sorted(rows, columns, sort, compare).map((r) => r.s).join("");
  expect(names({ column: "n", down: false })).toBe("bzá");
  expect(names({ column: "n", down: true })).toBe("zbá");
  expect(names({ column: "s", down: false })).toBe("ábz");
});
