/** Recognising canonical bytes, against a plain interpreter of the tables and the encoder. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalEnd, NOT_CANONICAL } from "../src/format/layout/canonical.js";
import { encodeLayout } from "../src/format/layout/encode.js";
import { blob, flag, type Layout, layout, lengthOf, text, u16, uuid, zeros } from "../src/format/layout/fields.js";
import {
  IMPORT_PROVENANCE,
  MODULE_ENTRY,
  MODULE_LIST_ENTRY,
  PROCESS_IDENTITY,
  RELATED_DUMP,
} from "../src/format/payloads/process-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import { withTablePayload } from "../src/write/table-payload.js";
import { decodePlainly } from "./support/plain-decoder.js";
import { valuesOf } from "./write-arbitrary.js";

/** Fields in another order than in the tables of the format: a length far from its text, a text before numbers, reserved bytes at the end. */
const MIXED = layout("Mixed", [
  lengthOf("late", 4),
  lengthOf("early", 1),
  text("early"),
  u16("number"),
  uuid("id"),
  lengthOf("bytes", 1),
  blob("bytes"),
  text("late"),
  zeros(3),
]);
const RECOGNISED: readonly Layout[] = [MODULE_ENTRY, MODULE_LIST_ENTRY, PROCESS_IDENTITY, IMPORT_PROVENANCE, RELATED_DUMP, MIXED];
const ALL: readonly Layout[] = [...new Set([...RECOGNISED, ...Object.values<Layout>(PAYLOAD_LAYOUTS)])];

/** What the encoder makes of the value that the bytes decode to; undefined where the decoder has something to report, or bytes are left. */
function encodedAgain(table: Layout, bytes: Uint8Array): Uint8Array | undefined {
  const { value, size, deviations } = decodePlainly(table, bytes, true, Number.POSITIVE_INFINITY);
  return value && size === bytes.length && deviations.length === 0 ? encodeLayout(table, value) : undefined;
}

const damage = fc.oneof(
  fc.record({ at: fc.nat(), byte: fc.constantFrom(0, 1, 2, 7, 8, 0x2f, 0x40, 0x80, 0xc3, 0xff) }),
  fc.record({ cut: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ more: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
);

function damaged(bytes: Uint8Array, fault: { at?: number; byte?: number; cut?: number; more?: Uint8Array }): Uint8Array {
  if (fault.cut !== undefined) return bytes.slice(0, Math.max(0, bytes.length - fault.cut));
  if (fault.more) return Uint8Array.of(...bytes, ...fault.more);
  const copy = bytes.slice();
  // Half of the places lie in the first 48 bytes, where most tables have their lengths.
  if (copy.length > 0)
    copy[(fault.at ?? 0) % ((fault.at ?? 0) % 2 === 0 ? copy.length : Math.min(48, copy.length))] = fault.byte ?? 0;
  return copy;
}

describe.each(RECOGNISED.map((table) => [table.name, table] as const))("%s", (_, table) => {
  it("is recognised as the encoder stores it, wherever it begins, and not if the bytes end before it does", () => {
    fc.assert(
      fc.property(valuesOf(table, { tails: false }), fc.nat(20), (value, start) => {
        const bytes = encodeLayout(table, value);
        const within = Uint8Array.of(...new Uint8Array(start).fill(0xff), ...bytes);
        expect(canonicalEnd(table, within, start, within.length)).toBe(within.length);
        expect(canonicalEnd(table, within, start, within.length - 1)).toBe(NOT_CANONICAL);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe.each(ALL.map((table) => [table.name, table] as const))("%s, damaged", (_, table) => {
  it("is not recognised if the decoder reports anything, or the encoder would store the value in other bytes", () => {
    let taken = 0;
    fc.assert(
      fc.property(valuesOf(table), fc.array(damage, { maxLength: 3 }), (value, faults) => {
        const bytes = faults.reduce(damaged, encodeLayout(table, value));
        if (canonicalEnd(table, bytes, 0, bytes.length) !== bytes.length) return;
        taken++;
        expect(encodedAgain(table, bytes)).toEqual(bytes);
      }),
      { numRuns: 600, seed: 2 },
    );
    if (RECOGNISED.includes(table)) expect(taken).toBeGreaterThan(20);
  });
});

it("a NUL alone is not recognised: it decodes to the empty text, which the encoder stores without a NUL", () => {
  const short = layout("Short", [lengthOf("name", 2), text("name")]);
  expect(canonicalEnd(short, Uint8Array.of(0, 0), 0, 2)).toBe(2);
  expect(canonicalEnd(short, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 10)).toBe(NOT_CANONICAL);
  expect(encodedAgain(short, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual(Uint8Array.of(0, 0));
});

it("ill-formed UTF-8 is not recognised, and well-formed UTF-8 is", () => {
  const short = layout("Short", [lengthOf("name", 2), text("name")]);
  const wellFormed = encodeLayout(short, { name: "größe 😀 \ufffd" });
  expect(canonicalEnd(short, wellFormed, 0, wellFormed.length)).toBe(wellFormed.length);
  for (const ill of [[0xff], [0xc3, 0x2f], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    const padding = Array<number>(8 - ill.length).fill(0);
    expect(canonicalEnd(short, Uint8Array.of(ill.length + 1, 0, ...ill, ...padding), 0, 10)).toBe(NOT_CANONICAL);
  }
});

it("a UUID that no producer may write is not recognised", () => {
  const id = layout("Id", [uuid("id")]);
  for (const [version, variant] of [
    [4, 8],
    [1, 8],
    [4, 0xc],
  ] as const) {
    const bytes = new Uint8Array(16);
    bytes[6] = version << 4;
    bytes[8] = variant << 4;
    expect(canonicalEnd(id, bytes, 0, 16)).toBe(version === 4 && variant === 8 ? 16 : NOT_CANONICAL);
  }
  const dump = { relatedDumpUuid: "00000000-0000-1000-8000-000000000000", relatedPid: 1, relationship: 1 };
  expect(() => withTablePayload("RelatedDump", dump, {}, () => {})).toThrow("expected a UUID of version 4");
});

it("a table with a flag is not recognised: other bytes than 1 mean true as well", () => {
  expect(canonicalEnd(layout("Flag", [flag("isSet")]), Uint8Array.of(1), 0, 1)).toBe(NOT_CANONICAL);
});
