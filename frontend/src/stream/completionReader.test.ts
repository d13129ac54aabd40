import { expect, test } from "vitest";
import { ProblemError } from "@/api/problem";
import { createCompletionReader, problemOfError } from "./completionReader";
import { createSseParser } from "./sseParser";

function read(pieces: readonly string[]) {
  const out = { text: "", reasoning: "" };
  const reader = createCompletionReader({ onText: (d) => (out.text += d), onReasoning: (d) => (out.reasoning += d) });
  const parser = createSseParser(reader.data);
  for (const piece of pieces) parser.push(piece);
  return { ...out, end: () => reader.end("req-1") };
}
const event = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`;
const delta = (d: object, finish: string | null = null) => event({ choices: [{ index: 0, delta: d, finish_reason: finish }] });
const usage = event({ choices: [], usage: { prompt_tokens: 12, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 3 } } });
const done = "data: [DONE]\n\n";
const whole = `: alive\n\n${delta({ role: "assistant", content: "" })}${delta({ reasoning_content: "hm" })}${delta({ content: "Olá" })}${delta({ content: " 🙂" })}${delta({}, "stop")}${usage}${done}`;

test("text, thinking, finish and usage, however the stream was cut into pieces", () => {
  for (let cut = 0; cut <= whole.length; cut++) {
    const got = read([whole.slice(0, cut), whole.slice(cut)]);
    expect(got).toMatchObject({ text: "Olá 🙂", reasoning: "hm" });
    expect(got.end()).toEqual({ finish: "stop", usage: { input: 12, output: 9, cached: 4, reasoning: 3 } });
  }
  expect(read([...whole]).text).toBe("Olá 🙂");
});

test.each([
  ["no end marker", whole.replace(done, "")],
  ["no finish reason", delta({ content: "x" }) + done],
  ["nothing at all", ""],
])("a stream with %s is no success", (_name, stream) => {
  const got = read([stream]);
  expect(got.end).toThrow(ProblemError);
  try {
    got.end();
  } catch (error) {
    expect((error as ProblemError).problem).toMatchObject({ code: "stream.cut", id: "req-1" });
  }
});

test("an error in the stream is the outcome, with our code", () => {
  const got = read([delta({ content: "half" }), event({ error: { message: "Gone.", code: "upstream_failed" } })]);
  expect(got.text).toBe("half");
  expect(got.end).toThrow("upstream.failed");
});

test.each([
  [{ error: { message: "No.", code: "model_not_found" } }, 404, "model.unknown"],
  [{ error: { message: "No.", code: null } }, 400, "request.invalid"],
  [{ error: { message: "No.", code: null } }, 502, "upstream.failed"],
  [{ error: { message: "No.", code: "egress.refused" } }, 502, "egress.refused"],
  [{ error: "text" }, 500, "reply.invalid"],
  ["<html>", 502, "reply.invalid"],
  [undefined, 500, "reply.invalid"],
])("%j with %i is %s", (body, status, code) => expect(problemOfError(body, status, "r")).toMatchObject({ code, status, id: "r" }));

test("noise does not throw, and is no answer", () => {
  let seed = 11;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  const alphabet = 'data: {"choices":[{"delta":{"content":1}}]}\n\r\n[DONE]null,"usage":3';
  for (let round = 0; round < 400; round++) {
    const got = read(Array.from({ length: 12 }, () => { const at = random(alphabet.length); return alphabet.slice(at, at + random(30)); }));
    expect(typeof got.text).toBe("string");
  }
  for (const data of ["null", "3", '"x"', "[]", '{"choices":[null]}', '{"choices":[{"delta":null}]}', '{"usage":"x"}']) expect(read([`data: ${data}\n\n`]).text).toBe("");
});
