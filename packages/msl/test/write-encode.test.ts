import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { codeName } from "../src/format/codes.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { decodeLayout } from "../src/format/layout/decode.js";
import { encodeLayout } from "../src/format/layout/encode.js";
import {
  type AnyField,
  blob,
  bytes,
  count,
  digest,
  entries,
  type Layout,
  layout,
  lengthOf,
  optional,
  rows,
  text,
  tightText,
  u8,
  u16,
  u32,
  u64,
  uuid,
  zeros,
} from "../src/format/layout/fields.js";
import { CONNECTIVITY_TABLE } from "../src/format/payloads/connectivity.js";
import { LEGACY_MEMORY_REGION, MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { PROCESS_IDENTITY } from "../src/format/payloads/process-tables.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { HANDLE_TABLE, MEMDIVER_HANDLE_TABLE, SYSTEM_CONTEXT_B } from "../src/format/payloads/system-tables.js";
import { MslSliceReader } from "../src/index.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { valuesOf } from "./write-arbitrary.js";

const TABLES: readonly Layout[] = [
  ...new Set<Layout>([
    ...Object.values(PAYLOAD_LAYOUTS),
    KERNEL_SYMBOL_BUNDLE,
    SYSTEM_CONTEXT_B,
    MEMDIVER_HANDLE_TABLE,
    MEMORY_REGION,
    LEGACY_MEMORY_REGION,
    FILE_HEADER,
    BLOCK_HEADER,
  ]),
];

const encode = (table: Layout, value: object) => encodeLayout(table, value as never);

describe("encoding a table", () => {
  it.each(TABLES.map((table, i) => [`${table.name} (${i})`, table] as const))(
    "encoded values of the table %s decode to the same values",
    (_, table) => {
      fc.assert(
        fc.property(valuesOf(table), (value) => {
          const bytes = encode(table, value);
          const ids: string[] = [];
          const result = decodeLayout(table, bytes, ({ id }) => ids.push(id));
          expect(result.value).toEqual(withNames(table.fields, value));
          expect("size" in result ? result.size : undefined).toBe(bytes.length);
          expect(ids.filter((id) => id !== "LEN-EXTRA" && id !== "SYS-TAIL")).toEqual([]);
        }),
        { numRuns: 100, seed: 1 },
      );
    },
  );
});

/** Decoding adds the names of codes. */
function withNames(fields: readonly AnyField[], value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named: Record<string, unknown> = { ...value };
  for (const field of fields) {
    const given = value[field.name];
    if (field.kind === "uint" && field.codes) named[`${field.name}Name`] = codeName(field.codes, Number(given));
    if (field.kind === "length" && field.shown) named[field.name] = (value[field.of] as Uint8Array).length;
    if (field.kind === "entries")
      named[field.name] = (given as Record<string, unknown>[]).map((entry) => withNames(field.layout.fields, entry));
  }
  return named;
}

/** Deviations that leave the bytes of the fields as they are, or that the table itself reports. */
const FAITHFUL = new Set([
  "BLK-PADDING",
  "CMP-LZ4SHAPE",
  "CMP-NOPREFIX",
  "CMP-TRAILING",
  "CON-TYPE",
  "EXT-MEMDIVER",
  "EXT-MEMSLICER",
  "LEN-EXTRA",
  "SYS-LAYOUT-B",
  "SYS-TAIL",
]);

describe("payloads of captures by other writers", () => {
  it("the encoder encodes decoded payloads of other writers to the same bytes", () => {
    const compared = new Map<string, number>();
    const otherwise = new Map<string, number>();
    for (const name of READABLE) {
      for (const block of new MslSliceReader(fixtureBytes(name))) {
        const { payload, table, raw, deviations } = block.decode();
        if (!payload || !table || deviations.some(({ id }) => !FAITHFUL.has(id))) continue;
        const bytes = encode(table, payload);
        const stored = raw.subarray(0, bytes.length);
        const rest = raw.subarray(bytes.length);
        const same = Buffer.compare(stored, bytes) === 0 && rest.length < 8 && rest.every((byte) => byte === 0);
        const counts = same ? compared : otherwise;
        counts.set(table.name, (counts.get(table.name) ?? 0) + 1);
        // Two forms of one text: length 0, or length 1 and eight bytes of zeros; a tight text with its NUL counted, or without.
        if (!same) {
          expect(decodeLayout(table, bytes, () => {}).value).toEqual(decodeLayout(table, raw, () => {}).value);
          expect(raw.length).toBeGreaterThan(bytes.length);
        }
      }
    }
    for (const table of ["ModuleEntry", "ModuleListIndex", "ProcessIdentity", "KeyHint", "RelatedDump", "SystemContext"])
      expect(compared.get(table), table).toBeGreaterThan(0);
    expect([...compared.keys()].length).toBeGreaterThanOrEqual(15);
    const tables = [
      "ConnectivityTable",
      "ImportProvenance",
      "ModuleEntry",
      "ModuleListIndex",
      "ProcessIdentity",
      "SystemContext",
    ];
    expect([...otherwise.keys()].sort()).toEqual(tables);
  });
});

const identity = { ppid: 1, sessionId: 2, startTimeNs: 3n, exePath: "/bin/ls", cmdLine: "" };

describe("encoding texts", () => {
  const table = layout("Named", [lengthOf("name", 2), text("name")]);

  it("the encoder counts the NUL in the length, and pads with zeros", () => {
    expect([...encodeLayout(table, { name: "ab" })]).toEqual([3, 0, 0x61, 0x62, 0, 0, 0, 0, 0, 0]);
    expect([...encodeLayout(table, { name: "abcdefg" })]).toEqual([8, 0, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0]);
    expect(encodeLayout(table, { name: "abcdefgh" }).length).toBe(2 + 16);
  });

  it("the encoder writes no bytes for an empty or absent text", () => {
    expect([...encodeLayout(table, { name: "" })]).toEqual([0, 0]);
    expect([...encodeLayout(table, {})]).toEqual([0, 0]);
  });

  it("the encoder refuses ill-formed text and text with a NUL inside", () => {
    expect(() => encodeLayout(table, { name: "a\ud800b" })).toThrow("Named.name has a lone surrogate at character 1");
    expect(() => encodeLayout(table, { name: "\udc00" })).toThrow("lone surrogate at character 0");
    expect(() => encodeLayout(table, { name: "a\0" })).toThrow("Named.name has a NUL at character 1");
    expect([...encodeLayout(table, { name: "\u{1f600}" })].slice(0, 6)).toEqual([5, 0, 0xf0, 0x9f, 0x98, 0x80]);
  });

  it("the encoder refuses a text whose length does not fit its length field", () => {
    expect(encodeLayout(table, { name: "x".repeat(65_534) }).length).toBe(2 + 65_536);
    expect(() => encodeLayout(table, { name: "x".repeat(65_535) })).toThrow(
      "Named.name takes 65536 bytes, expected at most 65535",
    );
  });

  it("the encoder writes neither NUL nor padding where the layout has none", () => {
    expect([...encodeLayout(layout("Tight", [tightText("a"), u8("b")]), { a: "xy", b: 7 })]).toEqual([2, 0, 0x78, 0x79, 7]);
  });
});

describe("encoding values out of range", () => {
  const refusal = (value: object) => () => encode(PROCESS_IDENTITY, { ...identity, ...value });

  it("the encoder throws an error that names block type, field, value and range", () => {
    expect(refusal({ ppid: 2 ** 32 })).toThrow("ProcessIdentity.ppid is 4294967296, expected an integer from 0 to 4294967295");
    expect(refusal({ ppid: -1 })).toThrow("ProcessIdentity.ppid is -1");
    expect(refusal({ ppid: 1.5 })).toThrow("ProcessIdentity.ppid is 1.5");
    expect(refusal({ ppid: "7" })).toThrow('ProcessIdentity.ppid is "7"');
    expect(refusal({ startTimeNs: 1n << 64n })).toThrow(
      "ProcessIdentity.startTimeNs is 18446744073709551616n, expected a bigint",
    );
    expect(refusal({ startTimeNs: 5 })).toThrow("ProcessIdentity.startTimeNs is 5, expected a bigint");
    expect(refusal({ exePath: 5 })).toThrow("ProcessIdentity.exePath is 5, expected text");
    expect(refusal({ ppid: undefined })).toThrow("ProcessIdentity.ppid is undefined");
  });

  it("the encoder throws an error that names the entry of a list", () => {
    const handle = { pid: 1, fd: 2, handleType: 1, path: "" };
    expect(() => encode(HANDLE_TABLE, { entries: [handle, { ...handle, fd: -2 }] })).toThrow("HandleTable.entries[1].fd is -2");
    expect(() => encode(HANDLE_TABLE, { entries: "none" })).toThrow('HandleTable.entries is "none", expected a list');
  });

  it("the encoder throws for a value out of range in every kind of field", () => {
    expect(() => encode(layout("T", [uuid("id")]), { id: "0011" })).toThrow('T.id is "0011", expected a UUID');
    expect(() => encode(layout("T", [u16("v")]), { v: 65_536 })).toThrow("0 to 65535");
    expect(() => encode(layout("T", [lengthOf("b", 1), blob("b")]), { b: new Uint8Array(256) })).toThrow("at most 255");
    expect(() => encode(layout("T", [lengthOf("b", 1), blob("b")]), { b: "x" })).toThrow("expected bytes");
  });
});

describe("encoding lists", () => {
  const table = layout("List", [count("entryCount"), entries("entries", layout("Entry", [u8("a")]), { count: "entryCount" })]);

  it("the encoder writes the number of entries", () => {
    expect([...encodeLayout(table, { entries: [{ a: 1 }, { a: 2 }] })]).toEqual([2, 0, 0, 0, 1, 2]);
  });

  it("the encoder ignores a count that differs from the number of entries", () => {
    expect(() => encodeLayout(table, { entryCount: 366, entries: [] })).toThrow(
      "List.entryCount is 366, expected 0, the length of entries",
    );
  });
});

describe("encoding rows", () => {
  it("the encoder writes a row given as bytes if its type is unknown or the row decodes", () => {
    const mib = Uint8Array.of(1, 0, 0x61, 1, 0, 0x62, 5, 0, 0, 0, 0, 0, 0, 0, 99);
    const bytes = encode(CONNECTIVITY_TABLE, {
      rows: [
        { rowType: 7, raw: mib },
        { rowType: 200, raw: Uint8Array.of(1) },
      ],
    });
    expect([...bytes]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 7, 15, 0, ...mib, 200, 1, 0, 1]);
  });

  it("the encoder refuses rows given as bytes that readers would report as malformed", () => {
    expect(() => encode(CONNECTIVITY_TABLE, { rows: [{ rowType: 6, raw: Uint8Array.of(1) }] })).toThrow(
      "ConnectivityTable.rows[0].raw is no SocketFamilyAggregate",
    );
    expect(() => encode(CONNECTIVITY_TABLE, { rows: [{ rowType: 8 }] })).toThrow("whose type has no layout");
  });

  it("the encoder refuses a row that is longer than RowLen can express", () => {
    const table = layout("Rows", [count("rowCount"), rows("rows", "rowCount", {})]);
    expect(() => encodeLayout(table, { rows: [{ rowType: 1, raw: new Uint8Array(65_536) }] })).toThrow(
      "Rows.rows[0] takes 65536 bytes, expected at most 65535",
    );
  });
});

describe("encodings one after the other", () => {
  const table = layout("Sparse", [u8("a"), zeros(3), lengthOf("name", 2), zeros(2), text("name"), digest("hash")]);

  it("the encoder writes zeros to reserved bytes, padding and absent digests after an earlier value had other bytes there", () => {
    encode(layout("Filler", [bytes("filler", 200)]), { filler: new Uint8Array(200).fill(0xff) });
    const padding = [0, 0, 0, 0, 0, 0];
    expect([...encode(table, { a: 1, name: "x" })]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 0x78, 0, ...padding, ...new Uint8Array(32)]);
  });

  it("the encoder encodes a value although reading one of its properties encodes another value", () => {
    const expected = encode(table, { a: 7, name: "outer" });
    const nested = {
      a: 7,
      get name() {
        return encode(table, { a: 9, name: "a longer name inside" }).length > 0 ? "outer" : "";
      },
    };
    expect(encode(table, nested)).toEqual(expected);
  });

  it("the bytes of an encoded value do not change when other values are encoded", () => {
    const first = encode(table, { a: 1, name: "first" });
    const kept = first.slice();
    encode(table, { a: 2, name: "second" });
    expect(first).toEqual(kept);
  });

  it("the encoder encodes a value after another value was refused halfway", () => {
    const expected = encode(table, { a: 1, name: "x" });
    expect(() => encode(table, { a: 1, name: "a\0" })).toThrow("Sparse.name has a NUL");
    expect(encode(table, { a: 1, name: "x" })).toEqual(expected);
  });
});

describe("encoding UUIDs", () => {
  const table = layout("Named", [uuid("id")]);
  const id = "00112233-4455-4677-8899-aabbccddeeff";
  const expected = [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];

  it.each([id, id.toUpperCase(), id.replaceAll("-", ""), `0-0112233-4455-46778899-aabbccddeeff`])(
    "the encoder accepts the UUID %s",
    (text) => {
      expect([...encode(table, { id: text })]).toEqual(expected);
    },
  );

  it.each([
    id.slice(1),
    `${id}0`,
    id.replace("f", "g"),
    id.replace("f", "\u0166"),
    id.replace("2", "-"),
    `${id.slice(0, -1)} `,
    "",
  ])("the encoder refuses the UUID %j", (text) => {
    expect(() => encode(table, { id: text })).toThrow("Named.id is");
  });
});

describe("encoding optional groups of fields", () => {
  const flagged = layout("Flagged", [
    u32("flags"),
    optional([u64("extra")], { extra: null }, { when: (_, { flags }) => flags === 1 }),
  ]);
  const always = layout("Always", [u8("a"), optional([zeros(2), lengthOf("b", 1), blob("b")], {}, { missing: "MOD-SHORT" })]);

  it("the encoder writes a group that other fields announce", () => {
    expect([...encodeLayout(always, { a: 1 })]).toEqual([1, 0, 0, 0]);
    expect([...encodeLayout(always, { a: 1, b: null })]).toEqual([1, 0, 0, 0]);
  });

  it("the encoder refuses a group that contradicts the fields that announce it", () => {
    expect(encodeLayout(flagged, { flags: 1, extra: 5n }).length).toBe(12);
    expect(encodeLayout(flagged, { flags: 0 }).length).toBe(4);
    expect(() => encodeLayout(flagged, { flags: 0, extra: 5n })).toThrow("Flagged.extra given, but the fields before say none");
    expect(() => encodeLayout(flagged, { flags: 1 })).toThrow("Flagged.extra missing");
  });
});
