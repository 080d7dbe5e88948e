/** What tests of `repairCapture` share: a repair of bytes in memory, an oracle for the blocks that have to survive it, and the check of its output. */
import { blake3 } from "@noble/hashes/blake3.js";
import { expect } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { BytesSink, type Capture, type KeyMaterial, openCapture } from "../src/index.js";
import { type RepairOptions, type RepairReport, repairCapture } from "../src/repair.js";
import { ENCRYPTED, expectation } from "./fixtures.js";

export interface Repaired {
  readonly bytes: Uint8Array;
  readonly report: RepairReport;
}

const OPTIONS: RepairOptions = { toolName: "test 1", importTimeNs: 5n };

export async function repaired(bytes: Uint8Array, options: RepairOptions = {}): Promise<Repaired> {
  const before = bytes.slice();
  const sink = new BytesSink();
  const report = await repairCapture(bytes, sink, { ...OPTIONS, ...options });
  expect(Buffer.compare(before, bytes)).toBe(0);
  return { bytes: sink.bytes(), report };
}

/** The secret of a fixture, as options of a repair. */
export const secretsOf = (name: string): { keys: KeyMaterial } | undefined => {
  const keys = keysOf(expectation(name));
  return ENCRYPTED.includes(name) && keys ? { keys } : undefined;
};

/** A complete block as a walk over the bytes finds it: type and UUID. */
export interface WalkedBlock {
  readonly type: number;
  readonly uuid: string;
  readonly payload: Uint8Array;
  readonly end: number;
}

export const END_OF_CAPTURE = 0x0fff;
export const REGION = 1;
export const IMPORT_PROVENANCE = 0x30;

/** The complete blocks of a plain little-endian capture up to its first damage: an oracle that shares no code with the library. */
export function walk(bytes: Uint8Array, first = bytes[9] ?? 0): WalkedBlock[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: WalkedBlock[] = [];
  for (let at = first; at + 80 <= view.length && view.toString("latin1", at, at + 4) === "MSLC"; ) {
    const [type, length] = [view.readUInt16LE(at + 4), view.readUInt32LE(at + 8)];
    if (length < 80 || at + length > view.length) break;
    blocks.push({
      type,
      uuid: view.toString("hex", at + 16, at + 32),
      payload: view.subarray(at + 80, at + length),
      end: at + length,
    });
    if (type === END_OF_CAPTURE && length >= 120) break;
    at += length;
  }
  return blocks;
}

const plainHex = (uuid: string) => uuid.replaceAll("-", "");

/** The UUIDs that blocks of the source have in the output, as the report gives them; a UUID that is not of version 4, or repeated, becomes another. */
export function fates(source: readonly WalkedBlock[], { bytes, report }: Repaired): string[] {
  const there = new Set(walk(bytes).map(({ uuid }) => uuid));
  const renamed = new Map(report.blocks.map(({ source: { index }, output }) => [index, plainHex(output.uuid)]));
  const merged = new Set(report.leftOut.filter(({ reason }) => reason === "merged").map(({ index }) => index));
  return source.flatMap(({ type, uuid }, index) => {
    if (type === END_OF_CAPTURE || merged.has(index)) return [];
    return there.has(uuid) || there.has(renamed.get(index) ?? "") ? [] : [`block ${index} of type ${type}`];
  });
}

export async function requireRepaired(source: Uint8Array, result: Repaired): Promise<Capture> {
  const capture = await openCapture(result.bytes);
  const { verdict, outcome } = await capture.verify();
  expect([outcome, verdict]).toEqual(["intact", "chain-ok+filehash-ok"]);
  const [first, second] = capture.blocks;
  expect([first?.type, capture.header.imported]).toEqual([IMPORT_PROVENANCE, true]);
  const { payload } = (await first?.decode()) ?? {};
  if (payload?.kind !== "ImportProvenance") throw new Error(`Block 0 is ${payload?.kind}, block 1 ${second?.typeName}`);
  expect(payload.note).toContain(`source-blake3=${Buffer.from(blake3(source)).toString("hex")}`);
  expect(payload.note).toContain(result.report.repair.note);
  expect(result.report.repair.sourceBlake3).toBe(Buffer.from(blake3(source)).toString("hex"));
  return capture;
}
