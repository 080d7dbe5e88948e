/** Straight-line code that decodes and encodes, against the tables that it is written from, and against the steps that are made of these tables. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { straightCode } from "../scripts/straight-code.mjs";
import { ByteViews } from "../src/bytes.js";
import type { Deviation } from "../src/deviations/deviation.js";
import { decodeLayout, straightPayload } from "../src/format/layout/decode.js";
import { encodeLayout, type StraightEncoder, withEncoded } from "../src/format/layout/encode.js";
import { EncodeBuffer } from "../src/format/layout/encode-buffer.js";
import type { Layout } from "../src/format/layout/fields.js";
import { MODULE_ENTRY, PROCESS_IDENTITY } from "../src/format/payloads/process-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import * as straight from "../src/format/payloads/straight-code.js";
import { BLOCK_KINDS } from "../src/write/block-kinds.js";

it.each(Object.entries(straightCode()))("src/%s is what the tables say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("each table names the decoder that is written from it, and each kind of block its encoder", () => {
  const tables = Object.values<Layout>(PAYLOAD_LAYOUTS).flatMap((table) =>
    table.straight ? [[`${constantName(table.name)}_DECODER`, table.straight]] : [],
  );
  const kinds = Object.entries(BLOCK_KINDS).flatMap(([kind, found]) =>
    "straight" in found ? [[`${constantName(kind)}_ENCODER`, found.straight]] : [],
  );
  expect(Object.fromEntries([...tables, ...kinds])).toEqual({ ...straight });
});

/** `ModuleEntry` as `MODULE_ENTRY`. */
function constantName(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}

const MODULES = [
  { baseAddr: 0xfedc_ba98_7654_3210n, moduleSize: 0x8000_0000n, path: "/usr/lib/libc.so.6", version: "2.31" },
  { baseAddr: 2n ** 64n - 1n, moduleSize: 0n },
  { baseAddr: 0x1000n, moduleSize: 1n, path: "C:\\Grüße\\模块.dll", version: "\ufffd", nativeBlob: Uint8Array.of(1, 2, 3) },
  { baseAddr: 0n, moduleSize: 2n, path: "1234567", diskHash: new Uint8Array(32).fill(7), nativeBlob: new Uint8Array(8).fill(9) },
  { baseAddr: 3n, moduleSize: 3n, path: "x".repeat(300), version: "é".repeat(9) },
];

/** What the steps make of a payload that stands alone, if they report nothing and it ends with the last field. */
function bySteps(payload: Uint8Array): object | undefined {
  const found: Omit<Deviation, "block">[] = [];
  const { value, size } = { size: -1, ...decodeLayout(MODULE_ENTRY, payload, (deviation) => found.push(deviation)) };
  return value && found.length === 0 && size === payload.length ? { kind: "ModuleEntry", ...value } : undefined;
}

/** The payload by straight-line code, from the middle of an array of bytes that are not zero. */
function byStraightLine(payload: Uint8Array): object | undefined {
  const around = new Uint8Array(payload.length + 32).fill(0xa5);
  around.set(payload, 13);
  const value = straightPayload(MODULE_ENTRY, new ByteViews(around.subarray(1)), 12, 12 + payload.length);
  return value && { ...value };
}

it.each(MODULES)("decodes every value that the encoder writes as the steps do: %#", (module) => {
  const payload = encodeLayout(MODULE_ENTRY, module);
  const value = byStraightLine(payload);
  expect(value).toMatchObject(module);
  expect(value).toEqual(bySteps(payload));
  expect(Object.keys(value ?? {})).toEqual(Object.keys(bySteps(payload) ?? {}));
});

it.each(MODULES)("gives up exactly the changed payloads about which the steps have something to say: %#", (module) => {
  const payload = encodeLayout(MODULE_ENTRY, module);
  const changed: Uint8Array[] = [];
  for (let length = 0; length < payload.length; length++) changed.push(payload.subarray(0, length));
  for (const more of [1, 7, 8, 9]) changed.push(Uint8Array.from([...payload, ...new Uint8Array(more)]));
  for (let at = 0; at < payload.length; at++) {
    for (const byte of [0, 1, 0x41, 0x80, 0xc3, 0xff]) {
      const copy = payload.slice();
      copy[at] = byte;
      changed.push(copy);
    }
  }
  const kept = changed.filter((bytes) => bySteps(bytes) !== undefined).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(changed.length);
  for (const bytes of changed) expect(byStraightLine(bytes)).toEqual(bySteps(bytes));
});

it("has no straight-line code for most tables", () => {
  const payload = encodeLayout(PROCESS_IDENTITY, { ppid: 1, sessionId: 1, startTimeNs: 0n });
  expect(straightPayload(PROCESS_IDENTITY, new ByteViews(payload), 0, payload.length)).toBeUndefined();
});

const ORDINARY = [
  { baseAddr: 0n, moduleSize: 2n ** 64n - 1n },
  { baseAddr: 1n, moduleSize: 2n, path: "", version: null, diskHash: null, nativeBlob: new Uint8Array(0) },
  { baseAddr: 1n, moduleSize: 2n, path: "1234567", version: "12345678", diskHash: new Uint8Array(32).fill(5) },
  { baseAddr: 1n, moduleSize: 2n, path: "a".repeat(255), version: "b".repeat(17), nativeBlob: Buffer.from([1, 2, 3]) },
];

const ODD = [
  { baseAddr: 1n, moduleSize: 2n, path: "Grüße" },
  { baseAddr: 1n, moduleSize: 2n, path: "a".repeat(256), nativeBlob: new Uint8Array(256).fill(1) },
  { baseAddr: 1n, moduleSize: 2n, path: "a".repeat(65_534) },
  { baseAddr: 1n, moduleSize: 2n, path: "a".repeat(65_535) },
  { baseAddr: 1n, moduleSize: 2n, path: "a\0b" },
  { baseAddr: 1n, moduleSize: 2n, path: `${"a".repeat(20)}\0` },
  { baseAddr: 1n, moduleSize: 2n, version: "\ud800" },
  { baseAddr: -1n, moduleSize: 2n },
  { baseAddr: 2n ** 64n, moduleSize: 2n },
  { baseAddr: 1, moduleSize: 2n },
  { baseAddr: 1n },
  { baseAddr: 1n, moduleSize: 2n, path: 7 },
  { baseAddr: 1n, moduleSize: 2n, diskHash: new Uint8Array(31) },
  { baseAddr: 1n, moduleSize: 2n, diskHash: new Uint16Array(32) },
  { baseAddr: 1n, moduleSize: 2n, nativeBlob: [1, 2] },
];

/** The bytes of a value, or the message of the refusal. */
function encoding(value: object, code?: StraightEncoder): string {
  try {
    return withEncoded<Layout, string>(MODULE_ENTRY, value, (bytes) => Buffer.from(bytes).toString("hex"), code);
  } catch (error) {
    return String(error);
  }
}

it.each(ORDINARY)("encodes ordinary values as the steps do: %#", (module) => {
  const output = new EncodeBuffer();
  expect(straight.MODULE_ENTRY_ENCODER(module, output)).toBe(true);
  expect(Buffer.from(output.view()).toString("hex")).toBe(encoding(module));
  expect(encoding(module, straight.MODULE_ENTRY_ENCODER)).toBe(encoding(module));
});

it.each(ODD)("gives up values that are not ordinary, which are encoded or refused as without it: %#", (module) => {
  expect(straight.MODULE_ENTRY_ENCODER({ ...module }, new EncodeBuffer())).toBe(false);
  expect(encoding(module, straight.MODULE_ENTRY_ENCODER)).toBe(encoding(module));
});
