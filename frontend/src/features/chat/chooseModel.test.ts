import { describe, expect, it } from "vitest";
import type { Model } from "@/api";
import { chooseModel } from "./chooseModel";

const model = (id: string, local: boolean, state: Model["state"] = "ready"): Model => ({ id, name: id, family: "qwen", kind: "chat", local, provider: "", state });
const here = model("local/small", true);
const there = model("large", false);

describe("chooseModel", () => {
  it.each([
    { name: "the first proposal that exists", chat: [here, there], proposals: [undefined, "gone", "local/small"], known: true, want: "local/small" },
    { name: "the team's model before this device's", chat: [here, there], proposals: [], known: true, want: "large" },
    { name: "what is ready before what is not", chat: [here, model("large", false, "unready")], proposals: [], known: true, want: "local/small" },
    { name: "no proposal that does not exist", chat: [there], proposals: ["gone"], known: true, want: "large" },
    { name: "the proposal while the list is unknown", chat: [], proposals: ["large"], known: false, want: "large" },
    { name: "nothing when there is nothing", chat: [], proposals: [], known: true, want: "" },
  ])("takes $name", ({ chat, proposals, known, want }) => {
    expect(chooseModel(chat, proposals, known)).toBe(want);
  });
});
