import { describe, expect, it } from "vitest";
import type { Deviation } from "../src/deviations/deviation.js";
import { decodeLayout } from "../src/format/layout/decode.js";
import {
  blob,
  code,
  digest,
  entries,
  layout,
  lengthOf,
  optional,
  text,
  u8,
  u16,
  u32,
  u64,
  uuid,
  zeros,
} from "../src/format/layout/fields.js";

function decode<L extends Parameters<typeof decodeLayout>[0]>(table: L, bytes: readonly number[]) {
  const deviations: Deviation[] = [];
  const result = decodeLayout<L>(table, Uint8Array.from(bytes), (deviation) => deviations.push(deviation));
  return { ...result, deviations, ids: deviations.map(({ id }) => id) };
}

const NAMED = layout("Named", [lengthOf("name", 2), text("name")]);
/** The text field with this length and these stored bytes. */
const named = (length: number, ...stored: number[]) => decode(NAMED, [length & 0xff, length >> 8, ...stored]);

describe("texts", () => {
  it("a text has the bytes up to its length, without its NUL", () => {
    expect(named(3, 0x61, 0x62, 0, 0, 0, 0, 0, 0)).toMatchObject({ value: { name: "ab" }, size: 10, ids: [] });
    expect(named(8, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0)).toMatchObject({
      value: { name: "abcdefg" },
      size: 10,
      ids: [],
    });
  });

  it("a text is empty with length 0, which takes no bytes, and with length 1, which takes eight", () => {
    expect(named(0)).toMatchObject({ value: { name: "" }, size: 2, ids: [] });
    expect(named(1, 0, 0, 0, 0, 0, 0, 0, 0)).toMatchObject({ value: { name: "" }, size: 10, ids: [] });
  });

  it("bytes behind the length of a text are not searched for a NUL", () => {
    expect(named(2, 0x61, 0x62, 0x63, 0, 0, 0, 0, 0)).toMatchObject({ value: { name: "ab" }, ids: ["STR-PAD", "STR-NUL"] });
  });

  it("a text ends at a NUL inside its length, which is reported", () => {
    expect(named(5, 0x61, 0, 0x62, 0x63, 0, 0, 0, 0)).toMatchObject({ value: { name: "a" }, ids: ["STR-NUL"] });
    expect(named(8, 0x61, 0, 0, 0, 0, 0, 0, 0)).toMatchObject({ value: { name: "a" }, ids: ["STR-PADDEDLEN"] });
  });

  it("ill-formed UTF-8 is reported with its bytes", () => {
    const { value, deviations } = named(3, 0xff, 0xfe, 0, 0, 0, 0, 0, 0);
    expect(value).toEqual({ name: "��" });
    expect(deviations).toEqual([expect.objectContaining({ id: "STR-UTF8", offset: 2, bytes: Uint8Array.of(0xff, 0xfe) })]);
  });

  it("a text keeps its byte order mark", () => {
    expect(named(4, 0xef, 0xbb, 0xbf, 0, 0, 0, 0, 0)).toMatchObject({ value: { name: "\ufeff" }, ids: [] });
  });

  it("missing padding behind the last text is reported, and the text is read", () => {
    expect(named(3, 0x61, 0x62, 0)).toMatchObject({ value: { name: "ab" }, ids: ["STR-PAD"] });
  });

  it("a text whose length passes the end of the payload is a problem", () => {
    const { value, problem, partial } = named(9, 0x61, 0, 0, 0, 0, 0, 0, 0);
    expect(value).toBeUndefined();
    expect(partial).toEqual({});
    expect(problem).toMatchObject({
      id: "STR-OVERRUN",
      at: 2,
      message: "name at payload offset 2 needs 9 bytes, but only 8 are left",
    });
  });

  it("texts of a packed layout have no padding", () => {
    const table = layout("Row", [lengthOf("name", 2), text("name", "packed"), u8("last")]);
    expect(decode(table, [2, 0, 0x61, 0x62, 7])).toMatchObject({ value: { name: "ab", last: 7 }, size: 5, ids: [] });
  });
});

describe("fixed fields", () => {
  const table = layout("Fixed", [
    u8("a"),
    u16("b"),
    u32("c"),
    u64("d"),
    uuid("e"),
    zeros(2),
    digest("f"),
    code("g", { width: 1, names: { 1: "one" } }),
  ]);
  const bytes = [
    1,
    2,
    1,
    4,
    3,
    2,
    0xff,
    ...[8, 7, 6, 5, 4, 3, 2, 0xf1],
    ...Array.from({ length: 16 }, (_, i) => i * 17),
    0,
    0,
    ...Array(32).fill(9),
    1,
  ];

  it("integers are read as little-endian at any alignment", () => {
    expect(decode(table, bytes).value).toEqual({
      a: 1,
      b: 0x102,
      c: 0xff020304,
      d: 0xf102030405060708n,
      e: "00112233-4455-6677-8899-aabbccddeeff",
      f: new Uint8Array(32).fill(9),
      g: 1,
      gName: "one",
    });
    expect(table.minimumSize).toBe(bytes.length);
  });

  it("an unknown code is named by its number", () => {
    expect(decode(table, [...bytes.slice(0, -1), 0xab]).value?.gName).toBe("0xab");
  });

  it("reserved bytes that are not zero are reported, and decoding goes on", () => {
    const dirty = bytes.map((byte, i) => (i === 32 ? 5 : byte));
    expect(decode(table, dirty)).toMatchObject({ ids: ["PAY-RESERVED"], deviations: [{ offset: 31 }], value: { g: 1 } });
  });

  it("a payload that ends inside the fixed fields is a problem", () => {
    for (let size = 0; size < bytes.length; size++) {
      expect(decode(table, bytes.slice(0, size)).problem).toMatchObject({
        id: "STR-OVERRUN",
        message: `Fixed needs at least ${bytes.length} bytes, found ${size}`,
      });
    }
  });
});

describe("entries", () => {
  const ENTRY = layout("Entry", [u8("id"), lengthOf("name", 1), text("name", "packed")]);
  const table = layout("List", [u32("count"), entries("list", ENTRY, { count: "count", absent: "MOD-COUNTONLY" })]);

  it("a list has as many entries as its count says", () => {
    expect(decode(table, [2, 0, 0, 0, 5, 1, 0x61, 6, 0]).value).toEqual({
      count: 2,
      list: [
        { id: 5, name: "a" },
        { id: 6, name: "" },
      ],
    });
  });

  it("a count above what the payload holds is a problem, with the complete entries", () => {
    const { problem, partial } = decode(table, [0xff, 0xff, 0xff, 0xff, 5, 1, 0x61, 6, 0]);
    expect(partial).toEqual({
      count: 0xffffffff,
      list: [
        { id: 5, name: "a" },
        { id: 6, name: "" },
      ],
    });
    expect(problem).toMatchObject({ id: "STR-OVERRUN" });
  });

  it("an entry that ends inside a field is left out", () => {
    const { problem, partial } = decode(table, [2, 0, 0, 0, 5, 1, 0x61, 6, 9, 0x62]);
    expect(partial).toEqual({ count: 2, list: [{ id: 5, name: "a" }] });
    expect(problem).toMatchObject({ id: "STR-OVERRUN", at: 9 });
  });

  it("a list may be missing where a producer writes the count alone", () => {
    expect(decode(table, [9, 0, 0, 0])).toMatchObject({ value: { count: 9, list: [] }, ids: ["MOD-COUNTONLY"] });
  });
});

describe("optional groups", () => {
  const table = layout("Tailed", [
    u8("a"),
    optional([lengthOf("b", 1), blob("b", "packed")], { b: null }, { missing: "MOD-SHORT" }),
  ]);

  it("an optional group that is there is decoded", () => {
    expect(decode(table, [1, 2, 8, 9])).toMatchObject({ value: { a: 1, b: Uint8Array.of(8, 9) }, ids: [] });
  });

  it("an optional group that is missing has its default, and is reported", () => {
    expect(decode(table, [1])).toMatchObject({ value: { a: 1, b: null }, size: 1, ids: ["MOD-SHORT"] });
  });
});
