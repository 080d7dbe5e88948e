import { describe, expect, it } from "vitest";
import { bytes, Structure, u8, u16, u32, u64 } from "../../src/structures/structure.js";

const SAMPLE = new Structure("SAMPLE", 24, { kind: u8(0), flags: u16(2), size: u32(4), address: u64(8), tag: bytes(16, 4) });
const LITTLE = Uint8Array.from([7, 0, 0x34, 0x12, 0xef, 0xbe, 0xad, 0xde, 1, 2, 3, 4, 5, 6, 7, 0x88, 9, 8, 7, 6, 0, 0, 0, 0]);
const BIG = Uint8Array.from([7, 0, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef, 0x88, 7, 6, 5, 4, 3, 2, 1, 9, 8, 7, 6, 0, 0, 0, 0]);
const VALUES = { kind: 7, flags: 0x1234, size: 0xdeadbeef, address: 0x8807060504030201n, tag: Uint8Array.of(9, 8, 7, 6) };

describe("a structure", () => {
  it("decodes and encodes fields at their offsets in both byte orders", () => {
    expect(SAMPLE.decode(LITTLE)).toEqual(VALUES);
    expect(SAMPLE.decode(BIG, 0, "big")).toEqual(VALUES);
    expect(SAMPLE.encode(VALUES)).toEqual(LITTLE);
    expect(SAMPLE.encode(VALUES, "big")).toEqual(BIG);
  });

  it("decodes at an offset of a view into a larger buffer", () => {
    const file = new Uint8Array(64);
    file.set(LITTLE, 13);
    expect(SAMPLE.decode(file.subarray(5), 8)).toEqual(VALUES);
  });

  it("throws where the bytes end before it, and gives the fields of an older version that ends earlier", () => {
    expect(() => SAMPLE.decode(LITTLE.subarray(0, 23))).toThrow("SAMPLE needs 24 bytes, found 23");
    expect(SAMPLE.decodePart(LITTLE.subarray(0, 15))).toEqual({ kind: 7, flags: 0x1234, size: 0xdeadbeef });
  });

  it("leaves bytes alone that no given field has", () => {
    const target = new Uint8Array(32).fill(0xaa);
    SAMPLE.encodeInto(target, 4, { size: 1 });
    expect([...target].map((byte, at) => (byte === 0xaa ? -1 : at)).filter((at) => at >= 0)).toEqual([8, 9, 10, 11]);
  });

  it.each([
    ["share bytes", { a: u32(0), b: u16(2) }],
    ["pass the end", { a: u64(4) }],
  ])("refuses a table whose fields %s", (_, fields) => {
    expect(() => new Structure("WRONG", 8, fields)).toThrow("does not fit");
  });
});
