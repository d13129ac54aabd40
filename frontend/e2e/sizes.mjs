// Prints what each shell loads before it can draw, gzipped, after a build.
// JSON=1 prints one object a line, as the other benches do.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);
const bounds = { desktop: 250, console: 250 };
const read = (path) => readFileSync(new URL(path, dist));
const kB = (path) => gzipSync(read(path), { level: 9 }).length / 1000;

/** Files a page names itself, and what those import at once. */
function initial(page) {
  const html = String(read(page));
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((m) => m[1]);
  const seen = new Set();
  for (const path of queue) {
    if (seen.has(path)) continue;
    seen.add(path);
    if (!path.endsWith(".js")) continue;
    for (const [, name] of String(read(path)).matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) queue.push(`assets/${name}`);
  }
  return [...seen];
}

for (const [name, page] of [["desktop", "index.html"], ["console", "console.html"]]) {
  const files = initial(page);
  const sum = (end) => files.filter((f) => f.endsWith(end)).reduce((total, f) => total + kB(f), 0);
  const js = Math.round(sum(".js") * 10) / 10;
  const row = { name: `web.${name}_js_kb`, value: js, unit: "kB gzip", floor: null, bound: bounds[name], ok: js <= bounds[name] };
  console.log(process.env.JSON ? JSON.stringify(row) : `${row.name.padEnd(24)} ${String(js).padStart(7)} kB gzip  (bound ${row.bound})  css ${sum(".css").toFixed(1)} kB  ${files.length} files`);
  if (!row.ok) process.exitCode = 1;
}
