import { expect, test } from "vitest";
import { newId } from "./ids";

test("the example of RFC 9562", () => {
  // Appendix A.6: 0x017F22E279B0 is 2022-02-22 19:22:22 UTC.
  const id = newId(0x017f22e279b0, new Uint8Array([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]));
  expect(id).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("later ids sort later", () => expect(newId(1_000) < newId(2_000)).toBe(true));
