import { afterEach, expect, test, vi } from "vitest";
import { takeFile } from "./file";

afterEach(() => vi.unstubAllGlobals());
const bytes = (text: string) => new TextEncoder().encode(text);
const stream = (...parts: (string | Error)[]) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = parts.shift();
      if (next === undefined) controller.close();
      else if (next instanceof Error) controller.error(next);
      else controller.enqueue(bytes(next));
    },
  });
const host = (answer: () => Response) => vi.stubGlobal("fetch", async () => answer());

test("a file comes whole, and how far it is is told", async () => {
  host(() => new Response(stream("a,b\r\n1,2\r\n", "3,4\r\n")));
  const seen: number[] = [];
  const parts = await takeFile("/x", { signal: new AbortController().signal, onProgress: (p) => seen.push(p.lines) });
  expect(new TextDecoder().decode(parts[0])).toBe("a,b\r\n1,2\r\n");
  expect(seen).toEqual([2, 3]);
});

test("a file that is cut is no file", async () => {
  host(() => new Response(stream("a,b\r\n", new TypeError("cut"))));
  await expect(takeFile("/x", { signal: new AbortController().signal })).rejects.toMatchObject({ problem: { code: "network" } });
});

test("a refusal is a problem", async () => {
  host(() => new Response(JSON.stringify({ code: "auth.forbidden", detail: "No." }), { status: 403 }));
  await expect(takeFile("/x", { signal: new AbortController().signal })).rejects.toMatchObject({ problem: { code: "auth.forbidden" } });
});

test("called off, it ends with the reason of that", async () => {
  const end = new AbortController();
  host(() => new Response(new ReadableStream({ start: (c) => { end.signal.addEventListener("abort", () => c.error(new Error("x"))); } })));
  const reading = takeFile("/x", { signal: end.signal });
  await Promise.resolve();
  end.abort(new DOMException("called off", "AbortError"));
  await expect(reading).rejects.toMatchObject({ message: "called off" });
});
