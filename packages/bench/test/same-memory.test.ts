import { BytesSink, type MemoryState, openCapture, type TranscodeReport, transcode } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { requireSerialises } from "../src/fuzzer/checks/block-json.js";
import { requireSameMemory } from "../src/fuzzer/checks/same-memory.js";

const HEADER_BYTES = 64;
const BLOCK_HEADER_BYTES = 80;
const PAGE_BYTES = 1024;
const BASE = 0x1000n;
const WINDOW = { address: BASE - 8n, length: 3 * PAGE_BYTES + 16 };

/** A capture of regions with pages of 1 KiB, one block each, and PrevHash zero. `map`: the states of the first four pages. */
function captureOf(
  ...regions: { readonly base: bigint; readonly pages: number; readonly map: number; readonly data: Uint8Array }[]
) {
  const parts = [headerBytes()];
  for (const [index, { base, pages, map, data }] of regions.entries()) {
    const payload = new Uint8Array(40 + data.length);
    const view = new DataView(payload.buffer);
    view.setBigUint64(0, base, true);
    view.setBigUint64(8, BigInt(pages * PAGE_BYTES), true);
    payload[0x12] = 10;
    payload[0x20] = map;
    payload.set(data, 40);
    parts.push(blockHeader(index + 1, payload.length), payload);
  }
  return Buffer.concat(parts);
}

function headerBytes(): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([1, HEADER_BYTES, 1, 1], 8);
  return header;
}

function blockHeader(number: number, payloadLength: number): Uint8Array {
  const block = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(block.buffer);
  block.set(new TextEncoder().encode("MSLC"));
  view.setUint16(4, 1, true);
  view.setUint32(8, BLOCK_HEADER_BYTES + payloadLength, true);
  view.setUint16(12, 1, true);
  block.set([number, 0, 0, 0, 0, 0, 0x40, 0, 0x80], 16);
  return block;
}

const pagesOf = (...bytes: number[]) => Buffer.concat(bytes.map((byte) => new Uint8Array(PAGE_BYTES).fill(byte)));

/** A capture with three captured pages. */
const SOUND = captureOf({ base: BASE, pages: 3, map: 0b00_00_00_00, data: pagesOf(0x41, 0x42, 0x43) });

async function reportOf(source: Uint8Array): Promise<TranscodeReport> {
  return transcode(source, new BytesSink());
}

async function compared(source: Uint8Array, output: Uint8Array, report: TranscodeReport): Promise<void> {
  await requireSameMemory(await openCapture(source), await openCapture(output), report, [WINDOW]);
}

describe("requireSameMemory", () => {
  it("requireSameMemory accepts an unchanged capture", async () => {
    await expect(compared(SOUND, SOUND, await reportOf(SOUND))).resolves.toBeUndefined();
  });

  it("requireSameMemory rejects a changed byte", async () => {
    const altered = Buffer.from(SOUND);
    altered.writeUInt8(0x44, altered.length - 1);
    await expect(compared(SOUND, altered, await reportOf(SOUND))).rejects.toThrow(
      /0x1bff is byte 0x43 before and byte 0x44 after/,
    );
  });

  it("requireSameMemory rejects a hole that became bytes, and bytes that became a hole", async () => {
    const hole = captureOf({ base: BASE, pages: 3, map: 0b00_01_00_00, data: pagesOf(0x41, 0x43) });
    const zeros = captureOf({ base: BASE, pages: 3, map: 0b00_00_00_00, data: pagesOf(0x41, 0, 0x43) });
    await expect(compared(hole, zeros, await reportOf(hole))).rejects.toThrow(/0x1400 is failed before and byte 0x0 after/);
    await expect(compared(zeros, hole, await reportOf(zeros))).rejects.toThrow(/0x1400 is byte 0x0 before and failed after/);
  });

  it("requireSameMemory rejects a region that covers its neighbour", async () => {
    const apart = captureOf(
      { base: BASE, pages: 1, map: 0, data: pagesOf(0x41) },
      { base: BASE + 1024n, pages: 1, map: 0, data: pagesOf(0x42) },
    );
    const grown = captureOf(
      { base: BASE + 1024n, pages: 1, map: 0, data: pagesOf(0x42) },
      { base: BASE, pages: 2, map: 0, data: pagesOf(0x41, 0x43) },
    );
    await expect(compared(apart, grown, await reportOf(apart))).rejects.toThrow(/0x1400 is byte 0x42 before and byte 0x43 after/);
  });

  it("requireSameMemory accepts failed pages if the report lists their addresses and calls itself incomplete", async () => {
    const hole = captureOf({ base: BASE, pages: 3, map: 0b00_00_01_00, data: pagesOf(0x41, 0x42) });
    const report = { ...(await reportOf(SOUND)), addresses: [listed(0x1800n, 0x1c00n, "captured", "failed")] };
    const swapped = { ...report, addresses: [listed(0x1800n, 0x1c00n, "failed", "captured")], complete: false };
    const short = { ...report, addresses: [listed(0x1800n, 0x1bffn, "captured", "failed")], complete: false };
    await expect(compared(SOUND, hole, { ...report, complete: false })).resolves.toBeUndefined();
    await expect(compared(SOUND, hole, { ...report, complete: true })).rejects.toThrow(/complete, and lists/);
    await expect(compared(SOUND, hole, swapped)).rejects.toThrow(/the report says failed and captured/);
    await expect(compared(SOUND, hole, short)).rejects.toThrow(/0x1bff is byte 0x43 before and failed after/);
  });

  it("requireSameMemory rejects a report that lists addresses which read as before", async () => {
    const report = { ...(await reportOf(SOUND)), addresses: [listed(0x1000n, 0x1400n, "captured", "absent")], complete: false };
    await expect(compared(SOUND, SOUND, report)).rejects.toThrow(/0x1000 is byte 0x41 before and byte 0x41 after/);
  });

  it("requireSameMemory accepts that a region is missing which was not selected", async () => {
    const addresses = [{ ...listed(BASE, BASE + 0xc00n, "captured", "absent"), selection: true as const }];
    await expect(compared(SOUND, captureOf(), { ...(await reportOf(SOUND)), addresses })).resolves.toBeUndefined();
  });
});

function listed(start: bigint, end: bigint, before: MemoryState, after: MemoryState) {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}`, before: { state: before }, after: { state: after } };
}

describe("requireSerialises", () => {
  it("requireSerialises rejects values that JSON cannot represent", () => {
    expect(() => requireSerialises("report", { size: 1n })).toThrow(/report as JSON/);
    expect(() => requireSerialises("report", undefined)).toThrow();
    expect(() => requireSerialises("report", { size: 1 })).not.toThrow();
  });
});
