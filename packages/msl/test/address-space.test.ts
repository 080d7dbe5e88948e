import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { captureOf as captureOfBlocks, type RegionSpec, regionPayload } from "./build-capture.js";

const captureOf = (regions: readonly RegionSpec[]) =>
  captureOfBlocks(regions.map((region) => ({ type: 1, payload: regionPayload(region) })));

async function readSegments(regions: readonly RegionSpec[], address: bigint, length: number) {
  const capture = await openCapture(captureOf(regions));
  const { segments } = await capture.memory.read(address, length);
  return segments.map(({ address: at, length: size, state, bytes }) => [Number(at - address), size, state, bytes?.[0]]);
}

const C = 0;
const F = 1;
const U = 2;

describe("reading by address", () => {
  it("reading by address returns captured bytes and the state of every hole", async () => {
    const regions = [
      { base: 0x1000n, states: [C, F, C], fill: 1 },
      { base: 0x3000n, states: [U, 3, C], fill: 2 },
    ];
    expect(await readSegments(regions, 0x800n, 0x3400)).toEqual([
      [0, 0x800, "absent", undefined],
      [0x800, 0x400, "captured", 1],
      [0xc00, 0x400, "failed", undefined],
      [0x1000, 0x400, "captured", 1],
      [0x1400, 0x1400, "absent", undefined],
      [0x2800, 0x400, "unmapped", undefined],
      [0x2c00, 0x400, "failed", undefined],
      [0x3000, 0x400, "captured", 2],
    ]);
  });

  it("reading by address crosses page borders inside a run, at any alignment", async () => {
    expect(await readSegments([{ base: 0x1000n, states: [C, C, C], fill: 9 }], 0x1123n, 0x777)).toEqual([
      [0, 0x777, "captured", 9],
    ]);
  });

  it("reading by address prefers a captured page, then the later timestamp, then the later block", async () => {
    const regions = [
      { base: 0x1000n, states: [C, C, F, F], time: 5n, fill: 1 },
      { base: 0x1000n, states: [C, F, C, F], time: 9n, fill: 2 },
      { base: 0x1000n, states: [C], time: 9n, fill: 3 },
    ];
    expect(await readSegments(regions, 0x1000n, 0x1000)).toEqual([
      [0, 0x400, "captured", 3],
      [0x400, 0x400, "captured", 1],
      [0x800, 0x400, "captured", 2],
      [0xc00, 0x400, "failed", undefined],
    ]);
  });

  it("reading by address reaches the last bytes of the address space", async () => {
    expect(await readSegments([{ base: 2n ** 64n - 1024n, states: [C], fill: 7 }], 2n ** 64n - 16n, 16)).toEqual([
      [0, 16, "captured", 7],
    ]);
  });

  it("reading by address refuses ranges outside the 64-bit address space", async () => {
    const capture = await openCapture(captureOf([]));
    await expect(capture.memory.read(2n ** 64n - 1n, 2)).rejects.toMatchObject({ code: "usage" });
    await expect(capture.memory.read(-1n, 1)).rejects.toMatchObject({ code: "usage" });
    await expect(capture.memory.read(0n, 1.5)).rejects.toMatchObject({ code: "usage" });
  });

  it("reading by address marks captured pages without bytes as missing", async () => {
    expect(await readSegments([{ base: 0n, states: [C, C], fill: 4, short: 1000 }], 0n, 2048)).toEqual([
      [0, 1048, "captured", 4],
      [1048, 1000, "missing", undefined],
    ]);
  });

  it("a read with holes gives all bytes in one array only with a value to fill holes with", async () => {
    const capture = await openCapture(captureOf([{ base: 0n, states: [C, F], fill: 4 }]));
    const read = await capture.memory.read(1000n, 48);
    expect(read.complete).toBe(false);
    expect(() => read.bytes()).toThrow(/0x400 was not captured: failed, 24 bytes/);
    expect([...read.bytes({ fill: 0xee })]).toEqual([...Array(24).fill(4), ...Array(24).fill(0xee)]);
  });

  it("reading by address agrees with a page-by-page lookup for random overlapping regions", async () => {
    const region = fc.record({
      base: fc.integer({ min: 0, max: 12 }).map((page) => BigInt(page * 512)),
      states: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 }),
      time: fc.integer({ min: 0, max: 2 }).map(BigInt),
      fill: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(region, { maxLength: 6 }),
        fc.integer({ min: 0, max: 9000 }),
        fc.integer({ min: 0, max: 4000 }),
        async (regions, start, length) => {
          const capture = await openCapture(captureOf(regions));
          const { segments } = await capture.memory.read(BigInt(start), length);
          const found = segments.flatMap((segment) =>
            Array.from({ length: segment.length }, (_, i) => `${segment.state} ${segment.bytes?.[i] ?? ""}`),
          );
          expect(found).toEqual(Array.from({ length }, (_, i) => expectedByte(regions, BigInt(start + i))));
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
});

const STATE = ["captured", "failed", "unmapped", "failed"];

function expectedByte(regions: readonly RegionSpec[], address: bigint): string {
  const candidates = regions
    .map((region, index) => ({ region, index, page: Math.floor(Number(address - region.base) / 1024) }))
    .filter(({ region, page }) => page >= 0 && page < region.states.length)
    .sort((a, b) => {
      const captured = Number(b.region.states[b.page] === 0) - Number(a.region.states[a.page] === 0);
      return captured || Number((b.region.time ?? 0n) - (a.region.time ?? 0n)) || b.index - a.index;
    });
  const [best] = candidates;
  if (!best) return "absent ";
  const state = best.region.states[best.page] ?? 0;
  return `${STATE[state]} ${state === 0 ? best.region.fill : ""}`;
}

describe("regions", () => {
  it("regionsAt finds the regions that contain an address, and no others", async () => {
    const capture = await openCapture(
      captureOf([
        { base: 0x4000n, states: [C], fill: 1 },
        { base: 0x1000n, states: Array(64).fill(F), fill: 2 },
        { base: 0x2000n, states: [C], fill: 3 },
      ]),
    );
    const at = async (address: bigint) => (await capture.memory.regionsAt(address)).map(({ block }) => block.index);
    expect(await at(0x4000n)).toEqual([1, 0]);
    expect(await at(0x2010n)).toEqual([1, 2]);
    expect(await at(0xffffn)).toEqual([1]);
    expect(await at(0x11000n)).toEqual([]);
    expect(await at(0xfffn)).toEqual([]);
  });

  it("stateAt gives the state of one byte", async () => {
    const capture = await openCapture(captureOf([{ base: 0x1000n, states: [C, F, U, 3, C], fill: 1, short: 24 }]));
    const states = await Promise.all(
      [0x1000n, 0x1400n, 0x1800n, 0x1c00n, 0x2000n, 0x23f0n, 0x2400n].map((address) => capture.memory.stateAt(address)),
    );
    expect(states).toEqual(["captured", "failed", "unmapped", "failed", "captured", "missing", "absent"]);
  });

  it("readInto writes captured bytes into an array and keeps its bytes where there are holes", async () => {
    const capture = await openCapture(captureOf([{ base: 0n, states: [C, F, C], fill: 5 }]));
    const target = new Uint8Array(3 * 1024).fill(0xee);
    expect((await capture.memory.readInto(target, 0n)).complete).toBe(false);
    expect([target[0], target[1023], target[1024], target[2047], target[2048]]).toEqual([5, 5, 0xee, 0xee, 5]);
  });

  it("ranges lists captured memory joined across regions and overlaps", async () => {
    const capture = await openCapture(
      captureOf([
        { base: 0x1000n, states: [C, C, F], fill: 1 },
        { base: 0x1800n, states: [C, U], fill: 2 },
        { base: 0x8000n, states: [C], fill: 3 },
      ]),
    );
    const ranges: unknown[] = [];
    for await (const { start, end } of capture.memory.ranges()) ranges.push([start, end]);
    expect(ranges).toEqual([
      [0x1000n, 0x1c00n],
      [0x8000n, 0x8400n],
    ]);
    const some: unknown[] = [];
    for await (const range of capture.memory.ranges(0x1100n, 0x1200n)) some.push(range);
    expect(some).toEqual([{ start: 0x1100n, end: 0x1200n }]);
    const parts: unknown[] = [];
    for await (const { start, end } of capture.memory.rangeParts()) parts.push([start, end]);
    expect(parts).toEqual([
      [0x1000n, 0x1800n],
      [0x1800n, 0x1c00n],
      [0x8000n, 0x8400n],
    ]);
  });

  it("extent counts the bytes of each state, and an address of two regions once", async () => {
    const { memory } = await openCapture(
      captureOf([
        { base: 0x1000n, states: [C, F, U, 3], fill: 1 },
        { base: 0x1000n, states: [F, C], fill: 2 },
        { base: 0x8000n, states: [C, C], fill: 3, short: 24 },
      ]),
    );
    expect(await memory.extent()).toEqual({ captured: 0x800n + 0x800n - 24n, failed: 0x400n, unmapped: 0x400n, missing: 24n });
    expect(await memory.extent(0x1200n, 0x1a00n)).toEqual({ captured: 0x600n, failed: 0n, unmapped: 0x200n, missing: 0n });
    expect(await memory.extent(0x87f0n, 0x87f8n)).toEqual({ captured: 0n, failed: 0n, unmapped: 0n, missing: 8n });
    expect(await memory.extent(0x9000n)).toEqual({ captured: 0n, failed: 0n, unmapped: 0n, missing: 0n });
  });

  it("states lists the state of each address that regions cover, once, and joins what touches", async () => {
    const { memory } = await openCapture(
      captureOf([
        { base: 0x1000n, states: [C, F, U, 3], fill: 1 },
        { base: 0x1000n, states: [F, C], fill: 2 },
        { base: 0x8000n, states: [C, C], fill: 3, short: 24 },
      ]),
    );
    const states = [];
    for await (const { start, end, state } of memory.states(0x1100n)) states.push([start, end, state]);
    expect(states).toEqual([
      [0x1100n, 0x1800n, "captured"],
      [0x1800n, 0x1c00n, "unmapped"],
      [0x1c00n, 0x2000n, "failed"],
      [0x8000n, 0x87e8n, "captured"],
      [0x87e8n, 0x8800n, "missing"],
    ]);
  });

  it("ranges lists a map of 65,536 alternating pages without holding them", async () => {
    const states = Array.from({ length: 1 << 16 }, (_, page) => (page % 2 === 0 ? F : U));
    const capture = await openCapture(captureOf([{ base: 0n, states, fill: 1 }]));
    let ranges = 0;
    for await (const _ of capture.memory.ranges()) ranges++;
    expect(ranges).toBe(0);
    expect((await capture.memory.read(0n, 65_536 * 1024)).segments).toHaveLength(65_536);
  });
});
