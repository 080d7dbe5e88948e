/** The decoders that are made of the tables agree with a plain interpreter of the tables, on sound payloads and on damaged ones. */
import { describe, expect, it } from "vitest";
import type { Deviation } from "../src/deviations/deviation.js";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { BlockType } from "../src/format/codes.js";
import { ENCRYPTION_EXTENSION } from "../src/format/encryption-extension.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import { beginLayout, decodeLayout, decodeLayoutWork } from "../src/format/layout/decode.js";
import {
  type AnyField,
  blob,
  count,
  entries,
  type Layout,
  layout,
  lengthOf,
  rows,
  slot,
  text,
  u8,
  u16,
} from "../src/format/layout/fields.js";
import { beginPayload } from "../src/format/payloads/decode-payload.js";
import { LEGACY_MEMORY_REGION, MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { MEMDIVER_HANDLE_TABLE, SYSTEM_CONTEXT_B } from "../src/format/payloads/system-tables.js";
import { finished, isWork, runAtOnce } from "../src/sliced-work.js";
import { decodePlainly, withoutValues } from "./support/plain-decoder.js";

/** What no table of the format has: lists between a length and its text, lists in entries and rows, entries that are padded and packed. */
const LEAF = layout("Leaf", [lengthOf("name", 1), lengthOf("note", 1), u8("size"), text("note", "packed"), text("name")]);
const NESTED = layout("Nested", [
  lengthOf("late", 2),
  count("leafCount"),
  u8("leafSize"),
  entries("leaves", LEAF, { count: "leafCount", stride: "leafSize" }),
  count("rowCount"),
  rows("rows", "rowCount", {
    1: layout("LeafRow", [u8("n"), count("leafCount"), entries("leaves", LEAF, { count: "leafCount" })]),
  }),
  count("branchCount"),
  entries(
    "branches",
    layout("Branch", [count("leafCount"), lengthOf("end", 1), entries("leaves", LEAF, { count: "leafCount" }), text("end")]),
    {
      count: "branchCount",
    },
  ),
  lengthOf("place", 1),
  slot("place", 5),
  text("late"),
  lengthOf("bytes", 1),
  blob("bytes"),
  u16("last"),
]);

const TABLES: readonly Layout[] = [
  ...Object.values<Layout>(PAYLOAD_LAYOUTS),
  KERNEL_SYMBOL_BUNDLE,
  MEMDIVER_HANDLE_TABLE,
  SYSTEM_CONTEXT_B,
  MEMORY_REGION,
  LEGACY_MEMORY_REGION,
  FILE_HEADER,
  BLOCK_HEADER,
  ENCRYPTION_EXTENSION,
  NESTED,
];

type Random = (below: number) => number;

/** Numbers that are the same on every run (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const TEXTS = [
  "",
  "a",
  "libc.so",
  "exactly-seven+1",
  "twelve bytes",
  "/usr/lib/x86_64-linux-gnu/libexample.so.1",
  "\ufeffé€😀",
  "\x7f\x01",
];

/** A sound payload by the table: short lists, texts of all lengths. */
function payloadBytes(fields: readonly AnyField[], littleEndian: boolean, random: Random): number[] {
  const counts: Record<string, number> = {};
  const variable: Record<string, number[]> = {};
  for (const field of fields) {
    if (field.kind === "entries") {
      const { count = "", stride } = field.rule;
      const list = Array.from({ length: random(4) }, () => payloadBytes(field.layout.fields, littleEndian, random));
      counts[count] = list.length;
      if (stride !== undefined)
        counts[stride] = random(3) === 0 ? 0 : Math.max(16, ...list.map(({ length }) => length)) + random(3);
      const distance = counts[stride ?? ""] ?? 0;
      variable[field.name] = list.flatMap((entry) => [
        ...entry,
        ...Array<number>(Math.max(0, distance - entry.length)).fill(0x41),
      ]);
    }
    if (field.kind === "rows") counts[field.count] = random(4);
    if (field.kind === "blob") variable[field.name] = Array.from({ length: random(20) }, () => random(256));
    if (field.kind === "slot") variable[field.name] = Array.from({ length: random(field.size + 1) }, () => random(256));
    if (field.kind === "text") {
      const encoded = [...new TextEncoder().encode(TEXTS[random(TEXTS.length)])];
      variable[field.name] = encoded.length > 0 && field.storage === "padded" ? [...encoded, 0] : encoded;
    }
  }
  const uint = (value: number, size: number) => {
    const ordered = Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
    return littleEndian ? ordered : ordered.reverse();
  };
  const bytesOf = (field: AnyField): number[] => {
    switch (field.kind) {
      case "uint":
        return uint(counts[field.name] ?? random(6), field.size);
      case "flag":
        return [random(2)];
      case "u64":
        return Array.from({ length: 8 }, () => random(256));
      case "uuid":
        return Array.from({ length: 16 }, () => random(256));
      case "bytes":
        return Array.from({ length: field.size }, () => random(256));
      case "zeros":
        return Array<number>(field.size).fill(0);
      case "length":
        return uint(variable[field.of]?.length ?? 0, field.size);
      case "tightText": {
        const encoded = [...new TextEncoder().encode(TEXTS[random(TEXTS.length)]), ...(random(2) === 0 ? [0] : [])];
        return [...uint(encoded.length, 2), ...encoded];
      }
      case "text":
      case "blob": {
        const stored = variable[field.name] ?? [];
        return field.storage === "padded" ? [...stored, ...Array<number>((8 - (stored.length % 8)) % 8).fill(0)] : stored;
      }
      case "slot": {
        const stored = variable[field.name] ?? [];
        return [...stored, ...Array<number>(field.size - stored.length).fill(0)];
      }
      case "entries":
        return variable[field.name] ?? [];
      case "rows":
        return Array.from({ length: counts[field.count] ?? 0 }, () => {
          const types = [...Object.keys(field.bodies).map(Number), 0x7f];
          const type = types[random(types.length)] ?? 0x7f;
          const body = payloadBytes(field.bodies[type]?.fields ?? [], littleEndian, random);
          return [type, ...uint(body.length, 2), ...body];
        }).flat();
      case "optional":
        return random(2) === 0 ? [] : payloadBytes(field.fields, littleEndian, random);
    }
  };
  return fields.flatMap(bytesOf);
}

/** The payload as it is, cut, continued, or with bytes changed at up to 3 places. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const how = random(8);
  if (how === 0) return bytes;
  if (how === 1) return bytes.slice(0, random(bytes.length + 1));
  if (how === 2) return Uint8Array.of(...bytes, ...Array.from({ length: random(20) }, () => random(3)));
  const changed = bytes.slice();
  for (let i = 0; i <= how % 3; i++) changed[random(bytes.length)] = [0, 1, 8, 0x61, 0x80, 0xff, random(256)][random(7)] ?? 0;
  return changed;
}

/** All that can be told about a value, the order of its properties included. */
function told(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `[${value.map(told).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([name, property]) => `${name}: ${told(property)}`)
      .join(", ")}}`;
  }
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? "undefined");
}

function decoded(table: Layout, bytes: Uint8Array, littleEndian: boolean, entryLimit: number) {
  const deviations: Deviation[] = [];
  const rules = { byteOrder: littleEndian ? "little" : "big", entryLimit } as const;
  return { ...decodeLayout(table, bytes, (deviation) => deviations.push(deviation), rules), deviations };
}

const MUTANTS = 400;

describe.each(TABLES.map((table, i) => [table.name, table, i] as const))("%s", (_name, table, i) => {
  it.each([
    ["little", true],
    ["big", false],
  ] as const)("is decoded as by the plain interpreter, in %s-endian payloads", (_order, littleEndian) => {
    const random = randomOf(1000 * i + Number(littleEndian));
    let sound = 0;
    let faulty = 0;
    for (let mutant = 0; mutant < MUTANTS; mutant++) {
      const payload = Uint8Array.from(payloadBytes(table.fields, littleEndian, random));
      // The payload lies between other bytes, which must not be read.
      const around = new Uint8Array(payload.length + 64).fill(0x41);
      const bytes = damaged(payload, random);
      around.set(bytes.subarray(0, payload.length + 32), 16);
      const placed = around.subarray(16, 16 + Math.min(bytes.length, payload.length + 32));
      const entryLimit = random(4) === 0 ? random(4) : Number.POSITIVE_INFINITY;
      const found = decoded(table, placed, littleEndian, entryLimit);
      const { deviations, ...plain } = decodePlainly(table, placed, littleEndian, entryLimit);
      expect(told(withoutValues(found))).toBe(told({ ...plain, deviations }));
      if (found.problem) faulty++;
      else if (deviations.length === 0) sound++;
      const kinded = finished(
        beginLayout(table, placed, { add: () => {} }, { byteOrder: littleEndian ? "little" : "big", entryLimit }, true),
      );
      const { value, partial } = kinded;
      expect(told(value ?? partial)).toBe(told(plain.value ? { kind: table.name, ...plain.value } : plain.partial));
    }
    expect(sound).toBeGreaterThan(0);
    expect(faulty).toBeGreaterThan(0);
  });
});

it("a list pauses after every 256 entries, and a payload without a long list never", () => {
  const table = layout("List", [count("count"), entries("list", layout("Entry", [u8("id")]), { count: "count" }), u8("last")]);
  const yieldsOf = (length: number) => {
    const bytes = new Uint8Array(4 + length + 1);
    new DataView(bytes.buffer).setUint32(0, length, true);
    const begun = beginLayout(table, bytes, { add: () => {} });
    const units = [...decodeLayoutWork(table, bytes, () => {})];
    expect(isWork(begun)).toBe(units.length > 0);
    const inSlices = runAtOnce(decodeLayoutWork(table, bytes, () => {}));
    expect(inSlices).toEqual({ value: { count: length, list: Array(length).fill({ id: 0 }), last: 0 }, size: bytes.length });
    return units;
  };
  expect(yieldsOf(255)).toEqual([]);
  expect(yieldsOf(256)).toEqual([1024]);
  expect(yieldsOf(1000)).toEqual([1024, 1024, 1024]);
});

it("two payloads of one table that are decoded by turns keep their own lengths", () => {
  const table = layout("Turns", [
    lengthOf("name", 2),
    count("count"),
    entries("list", layout("Entry", [u8("id")]), { count: "count" }),
    text("name", "packed"),
  ]);
  const work = ["first", "the second"].map((name) => {
    const encoded = new TextEncoder().encode(name);
    const bytes = new Uint8Array(6 + 300 + encoded.length);
    new DataView(bytes.buffer).setUint16(0, encoded.length, true);
    new DataView(bytes.buffer).setUint32(2, 300, true);
    bytes.set(encoded, 306);
    return decodeLayoutWork(table, bytes, () => {});
  });
  for (const one of work) expect(one.next().done).toBe(false);
  expect(work.map((one) => runAtOnce(one).value?.name)).toEqual(["first", "the second"]);
});

it("a small payload is decoded without a generator, whatever its type; a payload under the code of two tables is walked first", () => {
  const walked = Object.entries<Layout>(PAYLOAD_LAYOUTS).filter(([type, table]) => {
    const bytes = Uint8Array.from(payloadBytes(table.fields, true, randomOf(1)));
    const context = { type: Number(type), payloadVersion: 1, length: bytes.length, authorship: { marked: false } };
    return isWork(beginPayload(bytes, context));
  });
  expect(walked.map(([type]) => Number(type))).toEqual([BlockType.ConnectivityTable]);
});

it("a table with a text before its length is refused", () => {
  const table = layout("Wrong", [text("name"), lengthOf("name", 2)]);
  expect(() => decodeLayout(table, new Uint8Array(8), () => {})).toThrow(TypeError);
});
