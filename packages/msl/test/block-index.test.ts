import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MslSliceReader, openCapture } from "../src/index.js";
import { vectorV1 } from "./vectors.js";

const header = vectorV1(0).slice(0, 64);

/** Blocks of the given lengths behind a header. Payloads consist of block magics, so that a walk with a wrong offset would find blocks in them. */
function captureWith(lengths: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 64));
  for (let at = 0; at < bytes.length; at++) bytes[at] = [0x4d, 0x53, 0x4c, 0x43][at % 4] ?? 0;
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  let at = 64;
  lengths.forEach((length, index) => {
    bytes.fill(0, at + 4, at + 80);
    bytes.set([0x4d, 0x53, 0x4c, 0x43], at);
    view.setUint16(at + 4, 1 + (index % 3), true);
    view.setUint32(at + 8, length, true);
    view.setUint32(at + 16, index, true);
    at += length;
  });
  return bytes;
}

const repeated = (count: number, length: (index: number) => number) => Array.from({ length: count }, (_, index) => length(index));

describe("indexing a file in windows", () => {
  const folder = mkdtempSync(join(tmpdir(), "memslice-"));
  const path = join(folder, "capture.msl");
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["small blocks through windows of every size", repeated(60_000, (index) => 80 + (index % 301))],
    [
      "large blocks, then small ones, then large ones",
      [...repeated(30, () => 100_003), ...repeated(9000, (index) => 80 + (index % 97)), ...repeated(30, () => 70_001)],
    ],
    ["a block longer than any window between small ones", [...repeated(5000, () => 99), 6_000_000, ...repeated(5000, () => 99)]],
    ["one block", [80]],
  ])("a walk in windows finds the blocks that a walk in memory finds: %s", async (_, lengths) => {
    const bytes = captureWith(lengths);
    writeFileSync(path, bytes);
    await using capture = await openCapture(path);
    const places = [...capture.blocks].map(({ offset, length, type, uuid }) => [offset, length, type, uuid]);
    let offset = 64;
    const expected = lengths.map((length, index) => {
      offset += length;
      const number = Buffer.from(Uint32Array.of(index).buffer).toString("hex");
      return [offset - length, length, 1 + (index % 3), `${number}-0000-0000-0000-000000000000`];
    });
    expect(places.length).toBe(expected.length);
    expect(places.findIndex((place, index) => String(place) !== String(expected[index]))).toBe(-1);
    expect(capture.end).toEqual(new MslSliceReader(bytes).end);
  });
});
