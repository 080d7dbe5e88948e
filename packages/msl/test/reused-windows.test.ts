/** Arrays that are filled with one window of a source after the other: how many are made, and that no two readers fill the same one. */
import { describe, expect, it } from "vitest";
import { type Source, verifyCapture } from "../src/index.js";
import { indexSource } from "../src/read/block-index.js";
import { indexBytes } from "../src/read/slice-reader.js";
import { PinnedSource } from "../src/source/pinned-source.js";
import { captureOf } from "./build-capture.js";
import { noise } from "./chained-blocks.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const WINDOW = 128 * KiB;
/** Windows that a pinned source keeps. */
const KEPT = 16;

/** A source that fills arrays as a file does, some time after it was asked; remembers the arrays, and throws when an array is filled for two reads at once. */
class FillingSource implements Source {
  readonly size: number;
  readonly arrays = new Set<ArrayBufferLike>();
  /** Rejects the read at this offset, and fills its array later all the same. */
  failsAt = -1;
  readonly #inUse = new Set<ArrayBufferLike>();
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  get arrayBytes(): number {
    return [...this.arrays].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const target = new Uint8Array(length);
    await this.readInto(offset, target);
    return target;
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    const { buffer } = target;
    if (this.#inUse.has(buffer)) throw new Error(`An array is in use by another read, at offset ${offset}`);
    this.arrays.add(buffer);
    if (offset === this.failsAt) {
      setTimeout(() => target.fill(0xee), 20);
      throw new Error("This window cannot be read");
    }
    this.#inUse.add(buffer);
    await new Promise((resolve) => setImmediate(resolve));
    target.set(this.#bytes.subarray(offset, offset + target.length));
    this.#inUse.delete(buffer);
  }
}

/** The bytes of a read, compared without printing them. */
function isAt(read: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  return Buffer.compare(read, bytes.subarray(offset, offset + read.length)) === 0;
}

describe("a walk over block headers", () => {
  const HEADER = 64;
  const capture = (seed: number) =>
    captureOf(Array.from({ length: 20_000 }, (_, i) => ({ type: 2, payload: noise(256 + 8 * ((i * seed) % 61), seed) })));
  const walk = (source: Source) => indexSource(source, HEADER, { blockLimit: Number.POSITIVE_INFINITY });

  it("the arrays of a walk over 10 MB of small blocks take less than 2 MiB in all", async () => {
    const bytes = capture(1);
    const source = new FillingSource(bytes);
    const { length } = await walk(source);
    expect(length).toBe(20_000);
    expect(bytes.length).toBeGreaterThan(10_000_000);
    expect(source.arrayBytes).toBeLessThan(2 * MiB);
  });

  it("two walks at the same time fill arrays of their own and find the blocks of their own capture", async () => {
    const captures = [capture(3), capture(7)];
    const sources = captures.map((bytes) => new FillingSource(bytes));
    const walked = await Promise.all(sources.map(walk));
    const [one, other] = sources.map(({ arrays }) => arrays);
    expect([...(one ?? [])].filter((array) => other?.has(array))).toEqual([]);
    for (const [i, bytes] of captures.entries()) {
      const expected = indexBytes(bytes, HEADER, {});
      const offsets = ({ records }: typeof expected) =>
        Array.from({ length: records.count }, (_, block) => records.offset(block));
      expect(walked[i] && offsets(walked[i])).toEqual(offsets(expected));
    }
  });

  it("verification of a small capture reads slabs into arrays that take at most 2 MiB", async () => {
    const source = new FillingSource(capture(1));
    const report = await verifyCapture(source, { threads: 1, nativeHash: false });
    expect(report.blocks).toBe(20_000);
    expect(source.arrayBytes).toBeLessThan(2 * MiB + 4 * KiB);
  });

  it("verification of a small capture asks a metered source for 4 MiB at a time, since each read may be a request", async () => {
    const bytes = capture(1);
    const lengths: number[] = [];
    const read = async (offset: number, length: number) => {
      lengths.push(length);
      return bytes.slice(offset, offset + length);
    };
    const report = await verifyCapture({ size: bytes.length, metered: true, read }, { threads: 1, nativeHash: false });
    expect(report.blocks).toBe(20_000);
    expect(lengths.length).toBeLessThanOrEqual(2 + Math.ceil(bytes.length / (4 * MiB)));
  });
});

describe("a pinned source", () => {
  const windows = 40;
  const bytes = noise(windows * WINDOW + 100);

  it("a pinned source reads all windows one after the other into one array more than it keeps", async () => {
    const source = new FillingSource(bytes);
    const pinned = new PinnedSource(source);
    for (const pass of [1, 2]) {
      for (let window = 0; window <= windows; window++) {
        const at = window * WINDOW + pass;
        expect(isAt(await pinned.read(at, 64), bytes, at)).toBe(true);
      }
    }
    expect(source.arrays.size).toBe(KEPT + 1);
  });

  it("a pinned source reads windows at the same time into different arrays, and the windows it keeps stay the same", async () => {
    const source = new FillingSource(bytes);
    const pinned = new PinnedSource(source);
    for (let round = 0; round < 20; round++) {
      const offsets = Array.from({ length: 7 }, (_, i) => ((round * 11 + i * 5) % windows) * WINDOW + round + i);
      const read = await Promise.all(offsets.map((offset) => pinned.read(offset, 64)));
      for (const [i, offset] of offsets.entries()) expect(isAt(read[i] ?? bytes, bytes, offset)).toBe(true);
      for (let window = 0; window < windows; window++) {
        const view = pinned.readAtOnce(window * WINDOW, WINDOW);
        if (view) expect(isAt(view, bytes, window * WINDOW)).toBe(true);
      }
    }
  });

  it("a pinned source does not use an array again whose read failed, because the source may still write to it", async () => {
    const source = new FillingSource(bytes);
    const pinned = new PinnedSource(source);
    for (let window = 0; window <= KEPT; window++) await pinned.read(window * WINDOW + 1, 64);
    source.failsAt = 30 * WINDOW;
    await expect(pinned.read(30 * WINDOW + 1, 64)).rejects.toThrow("This window cannot be read");
    await pinned.read(31 * WINDOW + 1, 64);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const view = pinned.readAtOnce(31 * WINDOW, WINDOW);
    expect(view && isAt(view, bytes, 31 * WINDOW)).toBe(true);
  });
});
