export type Cell = string | number | boolean | null | undefined;

/** RFC 4180. A cell that a spreadsheet would run as a formula is made text. */
export function toCsv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const field = (cell: Cell) => {
    if (cell === null || cell === undefined) return "";
    const raw = String(cell);
    const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(raw) ? `'${raw}` : raw;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [header, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

/** Hands a file to the user. A data URL, because Blobs are kept out of the window. */
export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent("\uFEFF" + text)}`;
  link.download = name;
  link.click();
}
