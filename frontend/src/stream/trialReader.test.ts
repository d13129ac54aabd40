import { expect, test } from "vitest";
import { ProblemError } from "@/api/problem";
import { createSseParser } from "./sseParser";
import { createTrialReader } from "./trialReader";

const outcome = { call_id: "c-1", latency_ms: 900, input_tokens: 12, output_tokens: 9, cost_nano_usd: 5000, attempts: 1 };
const event = (body: unknown) => `data: ${JSON.stringify(body)}\n\n`;
const done = event({ type: "done", outcome, elapsed_ms: 900 });
const whole = `: alive\n\n${event({ type: "reasoning", text: "hm", elapsed_ms: 1 })}${event({ type: "text", text: "Olá", elapsed_ms: 2 })}${event({ type: "text", text: " 🙂", elapsed_ms: 3 })}${done}`;

function read(pieces: readonly string[]) {
  const out: { text: string; reasoning: string; outcome?: unknown } = { text: "", reasoning: "" };
  const reader = createTrialReader({ onText: (d) => (out.text += d), onReasoning: (d) => (out.reasoning += d), onOutcome: (o) => (out.outcome = o) });
  const parser = createSseParser(reader.data);
  for (const piece of pieces) parser.push(piece);
  return { ...out, end: reader.end };
}

function failure(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error instanceof ProblemError ? error.problem : error;
  }
  return undefined;
}

test("text, thinking and outcome, however the stream was cut into pieces", () => {
  for (let cut = 0; cut <= whole.length; cut++) {
    const got = read([whole.slice(0, cut), whole.slice(cut)]);
    expect(got).toMatchObject({ text: "Olá 🙂", reasoning: "hm", outcome });
    expect(got.end).not.toThrow();
  }
  expect(read([...whole]).text).toBe("Olá 🙂");
});

test.each([["no end", whole.replace(done, "")], ["nothing at all", ""]])("a stream with %s is no success", (_name, stream) => {
  expect(failure(read([stream]).end)).toMatchObject({ code: "stream.cut" });
});

test("a failure in the stream is the outcome, with what it cost and what the host says of it", () => {
  const bound = { kind: "budget", holder: "user", amount: 1, period: "day" };
  const got = read([event({ type: "text", text: "half", elapsed_ms: 1 }), event({ type: "failed", outcome, elapsed_ms: 2, problem: { code: "quota.spent", status: 402, detail: "No.", bound } })]);
  expect(got).toMatchObject({ text: "half", outcome });
  expect(failure(got.end)).toMatchObject({ code: "quota.spent", bound });
  expect(failure(read([event({ type: "failed", elapsed_ms: 2 })]).end)).toMatchObject({ code: "reply.invalid" });
});

test("noise does not throw, and is no answer", () => {
  let seed = 11;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  const alphabet = 'data: {"type":"text","text":1,"outcome":{"call_id":null}}\n\r\nnull,"done":3';
  for (let round = 0; round < 400; round++) {
    const got = read(Array.from({ length: 12 }, () => { const at = random(alphabet.length); return alphabet.slice(at, at + random(30)); }));
    expect(typeof got.text).toBe("string");
  }
  for (const data of ["null", "3", '"x"', "[]", '{"type":"text"}', '{"type":"done","outcome":3}', '{"type":"later"}']) expect(read([`data: ${data}\n\n`])).toMatchObject({ text: "", reasoning: "" });
});
