import { expect, test } from "vitest";
import { parseEvent } from "./host";

test.each([
  ["text", '{"type":"hint","hint":{"topic":"logs"}}', "hint"],
  ["an object", { type: "run", run: { run_id: "r" } }, "run"],
  ["broken text", '{"type":"hi', undefined],
  ["a newer kind", { type: "party", party: {} }, undefined],
  ["a kind without its part", { type: "run" }, undefined],
  ["null", null, undefined],
] as const)("%s", (_name, data, type) => expect(parseEvent(data)?.type).toBe(type));
