export type Cell = string | number | boolean | null | undefined;

/**
 * RFC 4180, for the reader's spreadsheet: where numbers have a decimal comma,
 * it parts cells by semicolons and takes 1.5 for the first of May. A cell that
 * it would run as a formula is made text.
 */
export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[], typed: (n: number) => string = String): string {
  const parted = typed(0.5).includes(",") ? ";" : ",";
  const field = (cell: Cell) => {
    if (cell === null || cell === undefined) return "";
    const raw = typeof cell === "number" ? typed(cell) : String(cell);
    const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(raw) ? `'${raw}` : raw;
    return /["\n\r]/.test(text) || text.includes(parted) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header, ...rows].map((row) => row.map(field).join(parted)).join("\r\n") + "\r\n";
}

/** Hands a file to the user. A data URL, because Blobs are kept out of the window. */
export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent("\uFEFF" + text)}`;
  link.download = name;
  link.click();
}
