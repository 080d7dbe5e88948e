/** What listing the regions of a file reads: the walk keeps the first bytes behind each header, and compressed starts are read into arrays that are used again. */
import { encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { type Capture, CoalescingSource, openCapture, type Region, type Source } from "../src/index.js";
import { SpareArrays } from "../src/source/read-ahead.js";
import { BytesSource } from "../src/source/source.js";
import { type BlockSpec, captureOf, noise, PAGE, regionPayload } from "./build-capture.js";
import { countingSource } from "./counting-source.js";

const ZSTD = 3;
const COUNT = 40;
const PAGES = 600;

/** Page states that differ from region to region: every `i + 2`-th page could not be read. */
function statesOf(i: number): number[] {
  return Array.from({ length: PAGES }, (_, page) => (page % (i + 2) === 0 ? 1 : 0));
}

function payloadOf(i: number): Uint8Array {
  const states = statesOf(i);
  const captured = states.filter((state) => state === 0).length * PAGE;
  const payload = regionPayload({ base: BigInt(i) << 32n, states, fill: i });
  // Half of the bits, so that the first zstd block has fewer bytes than the arrays of the survey.
  payload.set(
    noise(captured, i + 1).map((byte) => byte & 0x0f),
    payload.length - captured,
  );
  return payload;
}

function compressedBlock(payload: Uint8Array): BlockSpec {
  const data = encodeZstd(payload);
  const stored = new Uint8Array(8 + data.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(data, 8);
  return { type: 1, flags: ZSTD, payload: stored };
}

const PLAIN = captureOf(Array.from({ length: COUNT }, (_, i) => ({ type: 1, payload: payloadOf(i) })));
const COMPRESSED_BLOCKS = Array.from({ length: COUNT }, (_, i) => compressedBlock(payloadOf(i)));
const COMPRESSED = captureOf(COMPRESSED_BLOCKS);

/** Fills arrays, as files do, and remembers the ranges and arrays. */
function fillingSource(bytes: Uint8Array) {
  const ranges: [offset: number, length: number][] = [];
  const buffers = new Set<ArrayBufferLike>();
  const source: Source = {
    size: bytes.length,
    read: async (offset, length) => {
      ranges.push([offset, length]);
      return bytes.slice(offset, offset + length);
    },
    readInto: async (offset, target) => {
      ranges.push([offset, target.length]);
      if (target.length > 4096) buffers.add(target.buffer);
      // Two reads into one array at the same time would mix their bytes.
      const half = target.length >> 1;
      target.set(bytes.subarray(offset, offset + half));
      await new Promise((resolve) => setTimeout(resolve, 1));
      target.set(bytes.subarray(offset + half, offset + target.length), half);
    },
  };
  return { source, ranges, buffers };
}

async function statesIn(regions: readonly Region[]): Promise<string[]> {
  return Promise.all(regions.map(async (region) => `${region.baseAddr} ${JSON.stringify([...(await region.pages()).runs()])}`));
}

function expectedStates(): string[] {
  return Array.from({ length: COUNT }, (_, i) => {
    const runs: { start: number; count: number; state: string }[] = [];
    for (const [page, code] of statesOf(i).entries()) {
      const state = code === 0 ? "captured" : "failed";
      const last = runs.at(-1);
      if (last?.state === state) last.count++;
      else runs.push({ start: page, count: 1, state });
    }
    return `${BigInt(i) << 32n} ${JSON.stringify(runs)}`;
  });
}

describe("listing regions whose headers are far from each other", () => {
  it("listing uncompressed regions and their page states reads no byte after the capture was opened", async () => {
    const source = countingSource(PLAIN);
    const capture = await openCapture(source);
    expect(source.ranges.length).toBeGreaterThan(COUNT / 2);
    const opened = source.ranges.length;
    expect(await statesIn(await capture.regions())).toEqual(expectedStates());
    expect(source.ranges.length).toBe(opened);
  });

  it("listing compressed regions reads the first zstd block of each region once, and no byte behind the header of the second block", async () => {
    const source = countingSource(COMPRESSED);
    const capture = await openCapture(source);
    const opened = source.ranges.length;
    expect(await statesIn(await capture.regions())).toEqual(expectedStates());
    const reads = source.ranges.slice(opened);
    expect(reads).toHaveLength(COUNT);
    for (const [i, { payload }] of COMPRESSED_BLOCKS.entries()) {
      const frame = new DataView((payload ?? new Uint8Array(0)).buffer, 8);
      // RFC 8878: descriptor at 4; a frame of a known size and one segment has no window, and a size of 4 bytes.
      const descriptor = frame.getUint8(4);
      const header = 5 + ((descriptor & 0x20) === 0 ? 1 : 0) + ([(descriptor & 0x20) >> 5, 2, 4, 8][descriptor >> 6] ?? 0);
      const first = (frame.getUint16(header, true) | (frame.getUint8(header + 2) << 16)) >> 3;
      expect(reads.map(([, length]) => length)).toContain(8 + header + 3 + first + 3);
      expect(capture.blocks.at(i).compression).toBe("zstd");
    }
  });

  it("listing compressed regions reads into as many arrays as there are simultaneous reads", async () => {
    const { source, buffers } = fillingSource(COMPRESSED);
    const capture = await openCapture(source);
    expect(await statesIn(await capture.regions())).toEqual(expectedStates());
    expect(buffers.size).toBeGreaterThan(0);
    expect(buffers.size).toBeLessThanOrEqual(16);
  });

  it("a region that a salvaged block cuts off has no page states from the bytes of that block", async () => {
    const region = regionPayload({ base: 0x1000n, states: Array(2000).fill(2), fill: 0 });
    const bytes = captureOf([
      { type: 1, payload: region.subarray(0, 200) },
      ...Array.from({ length: 30 }, (_, i) => ({ type: 0x700 + i, payload: noise(100, i + 1) })),
    ]);
    // The region says that it is as long as with all of its map, and a page more than the data.
    new DataView(bytes.buffer).setUint32(64 + 8, bytes.length, true);
    const capture = await openCapture(bytes, { salvage: true });
    expect(capture.blocks.length).toBe(31);
    expect(capture.blocks.at(0).payloadLength).toBe(200);
    expect(await listed(capture)).toEqual(await alone(capture));
  });
});

async function listed(capture: Capture): Promise<unknown> {
  const [region] = await capture.regions();
  return { head: region?.head, states: await statesOrError(region) };
}

async function alone(capture: Capture): Promise<unknown> {
  const { region } = await capture.blocks.at(0).region();
  return { head: region?.head, states: await statesOrError(region) };
}

async function statesOrError(region: Region | undefined): Promise<unknown> {
  return region?.pages().then(
    (pages) => [...pages.runs()],
    ({ code, message }) => ({ code, message }),
  );
}

describe("arrays that are used again for short reads", () => {
  const CONTENT = noise(64 * 1024, 5);

  it("SpareArrays does not use the array of a failed read again, because the source may still write to it", async () => {
    const targets: Uint8Array[] = [];
    const source: Source = {
      size: CONTENT.length,
      read: async () => CONTENT,
      readInto: async (_, target) => {
        targets.push(target);
        if (targets.length === 2) throw new Error("aborted");
      },
    };
    const arrays = new SpareArrays(32 * 1024);
    const use = () => arrays.use(source, 16 * 1024, undefined, (bytes) => bytes.length);
    expect(await use()).toBe(16 * 1024);
    await expect(use()).rejects.toThrow("aborted");
    expect(await use()).toBe(16 * 1024);
    expect(await use()).toBe(16 * 1024);
    const [first, failed, third, fourth] = targets.map(({ buffer }) => buffer);
    expect(failed).toBe(first);
    expect(third).not.toBe(failed);
    expect(fourth).toBe(third);
  });

  it("SpareArrays does not write to the memory of a source without `readInto`", async () => {
    const own = CONTENT.slice();
    const arrays = new SpareArrays(own.length);
    await arrays.use(new BytesSource(own), own.length, undefined, () => {});
    await arrays.use(fillingSource(new Uint8Array(own.length)).source, own.length, undefined, () => {});
    expect(own).toEqual(CONTENT);
  });
});

describe("merged reads into arrays", () => {
  const CONTENT = noise(100_000, 9);

  it("CoalescingSource fills the array of a single read directly, and copies to the arrays of merged reads", async () => {
    const { source, ranges } = fillingSource(CONTENT);
    const merged = new CoalescingSource(source, { maxGap: 10, maxLength: 1000 });
    const targets = [new Uint8Array(50), new Uint8Array(60), new Uint8Array(500)];
    const offsets = [100, 155, 5000];
    await Promise.all(targets.map((target, i) => merged.readInto(offsets[i] ?? 0, target)));
    for (const [i, target] of targets.entries()) {
      const at = offsets[i] ?? 0;
      expect(target).toEqual(CONTENT.slice(at, at + target.length));
    }
    expect(ranges).toEqual([
      [100, 115],
      [5000, 500],
    ]);
    await merged.readInto(7, new Uint8Array(0));
    expect(ranges).toHaveLength(2);
    await expect(merged.readInto(99_990, new Uint8Array(11))).rejects.toMatchObject({ code: "truncated" });
  });

  it("CoalescingSource rejects at once when the signal of a single read fires, although the source does not answer", async () => {
    const source: Source = { size: 1000, read: () => new Promise(() => {}), readInto: () => new Promise(() => {}) };
    const merged = new CoalescingSource(source);
    for (const read of [
      (signal: AbortSignal) => merged.read(0, 10, signal),
      (signal: AbortSignal) => merged.readInto(0, new Uint8Array(10), signal),
    ]) {
      const controller = new AbortController();
      const reading = read(controller.signal);
      setTimeout(() => controller.abort(), 5);
      await expect(reading).rejects.toMatchObject({ code: "aborted" });
    }
  });
});
