/** Straight-line code of decoders, against the tables that it is written from, and against the steps that are made of these tables. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { straightDecoders } from "../scripts/straight-decoders.mjs";
import { ByteViews } from "../src/bytes.js";
import type { Deviation } from "../src/deviations/deviation.js";
import { decodeLayout, straightPayload } from "../src/format/layout/decode.js";
import { encodeLayout } from "../src/format/layout/encode.js";
import type { Layout } from "../src/format/layout/fields.js";
import { MODULE_ENTRY, PROCESS_IDENTITY } from "../src/format/payloads/process-tables.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import * as straight from "../src/format/payloads/straight-decoders.js";

it.each(Object.entries(straightDecoders()))("src/%s is what the tables say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("each table names the straight-line code that is written from it", () => {
  const named = Object.values<Layout>(PAYLOAD_LAYOUTS).flatMap((table) => (table.straight ? [[table.name, table.straight]] : []));
  const written = Object.entries(straight).map(([name, decode]) => [name.toLowerCase().replaceAll("_", ""), decode] as const);
  expect(new Map(named.map(([name, decode]) => [String(name).toLowerCase(), decode]))).toEqual(new Map(written));
});

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
