import { expect, test } from "vitest";
import { parseLink, takeLink } from "./fragment";

test.each([
  ["#link=abc", { kind: "link", token: "abc" }],
  ["#token=abc", { kind: "token", token: "abc" }],
  ["#/invite=abc", { kind: "invite", token: "abc" }],
  ["#reset=a%2Bb", { kind: "reset", token: "a+b" }],
  ["#/chat/1", undefined],
  ["", undefined],
  ["#link=", undefined],
])("%s", (hash, expected) => expect(parseLink(hash)).toEqual(expected));

test("the token leaves the address at once", () => {
  window.history.replaceState(null, "", "/console?x=1#link=secret");
  expect(takeLink()?.token).toBe("secret");
  expect(window.location.href).toBe("http://nexus.test/console?x=1");
});
