import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { captureOf, PAGE, type RegionSpec, regionPayload } from "./build-capture.js";

const [CAPTURED, FAILED] = [0, 1];
const BASE = 0x1000n;
const LATEST = 2n ** 64n - 1n;

/** A capture whose second block has lost its magic: only the search behind damage finds the blocks that follow. */
async function openDamaged(intact: RegionSpec, salvaged: RegionSpec) {
  const blocks = [
    { type: 1, payload: regionPayload(intact) },
    { type: 0x700, payload: new Uint8Array(40) },
    { type: 1, payload: regionPayload(salvaged) },
  ];
  const bytes = captureOf(blocks);
  bytes[64 + 80 + regionPayload(intact).length] = 0;
  return openCapture(bytes, { salvage: true });
}

describe("memory of salvaged regions", () => {
  it("memory of salvaged regions is overruled by intact regions, even with an older timestamp", async () => {
    const { memory } = await openDamaged(
      { base: BASE, states: [CAPTURED], fill: 0x41 },
      { base: BASE, states: [CAPTURED, CAPTURED], fill: 0xee, time: LATEST },
    );
    const { segments } = await memory.read(BASE, 2 * PAGE);
    expect(segments.map(({ length, state, salvaged, bytes }) => [length, state, salvaged, bytes?.[0]])).toEqual([
      [PAGE, "captured", undefined, 0x41],
      [PAGE, "captured", true, 0xee],
    ]);
  });

  it("memory of salvaged regions is overruled by failed pages of an intact region, too", async () => {
    const { memory } = await openDamaged(
      { base: BASE, states: [FAILED], fill: 0 },
      { base: BASE, states: [CAPTURED], fill: 0xee, time: LATEST },
    );
    expect(await memory.stateAt(BASE)).toBe("failed");
  });

  it("memory of salvaged regions is marked in reads, ranges and regions", async () => {
    const { memory } = await openDamaged(
      { base: BASE, states: [CAPTURED], fill: 0x41 },
      { base: BASE + BigInt(PAGE), states: [CAPTURED, FAILED], fill: 0x42 },
    );
    const read = await memory.read(BASE, 4 * PAGE);
    expect(read.salvaged).toBe(true);
    expect(read.segments.map(({ state, salvaged }) => [state, salvaged ?? false])).toEqual([
      ["captured", false],
      ["captured", true],
      ["failed", true],
      ["absent", false],
    ]);
    expect((await memory.read(BASE, PAGE)).salvaged).toBe(false);
    const ranges = [];
    for await (const range of memory.ranges()) ranges.push(range);
    expect(ranges).toEqual([
      { start: BASE, end: BASE + BigInt(PAGE) },
      { start: BASE + BigInt(PAGE), end: BASE + BigInt(2 * PAGE), salvaged: true },
    ]);
    expect((await memory.regionsAt(BASE)).map(({ salvaged }) => salvaged)).toEqual([false]);
    expect((await memory.regionsAt(BASE + BigInt(PAGE))).map(({ salvaged }) => salvaged)).toEqual([true]);
  });
});
