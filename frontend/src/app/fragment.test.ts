import { describe, expect, it } from "vitest";
import { parseLink } from "./fragment";

describe("parseLink", () => {
  it.each([
    { hash: "#token=abc", want: { kind: "token", token: "abc" } },
    { hash: "#kind=console&link=abc", want: { kind: "link", token: "abc" } },
    { hash: "#link=abc", want: { kind: "link", token: "abc" } },
    { hash: "#kind=invite&link=abc", want: { kind: "invite", token: "abc" } },
    { hash: "#kind=reset&link=abc", want: { kind: "reset", token: "abc" } },
    { hash: "#kind=setup&link=abc", want: { kind: "setup", token: "abc" } },
    { hash: "#kind=invite", want: undefined },
    { hash: "#/chat/1", want: undefined },
    { hash: "", want: undefined },
  ])("reads $hash", ({ hash, want }) => {
    expect(parseLink(hash)).toEqual(want);
  });
});
