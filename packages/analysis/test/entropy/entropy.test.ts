/** `entropy` against the definition, computed window by window of every run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type EntropyByRegionOptions,
  type EntropyOptions,
  entropy,
  entropyByRegion,
  FlatMemory,
  type Memory,
  type RegionWithEntropy,
  WINDOW_CLASSES,
  type WindowClass,
} from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

interface Row {
  readonly address: bigint;
  readonly length: number;
  readonly entropy: number;
}

const rounded = (value: number) => Math.round(value * 1e9) / 1e9;

async function rowsOf(memory: Memory, options: EntropyOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { addresses, lengths, entropies } of entropy(memory, options)) {
    for (const [i, address] of addresses.entries()) {
      rows.push({ address, length: lengths[i] ?? 0, entropy: rounded(entropies[i] ?? -1) });
    }
  }
  return rows;
}

/** Shannon's definition. */
function shannon(bytes: Uint8Array): number {
  const counts: number[] = new Array(256).fill(0);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / bytes.length) * Math.log2(count / bytes.length);
  return rounded(Math.abs(sum));
}

function naive(list: readonly Stretch[], windowBytes: number): Row[] {
  const size = BigInt(windowBytes);
  return runsOf(list).flatMap(({ address, bytes }) => {
    const rows: Row[] = [];
    for (let at = 0; at < bytes.length; ) {
      const start = address + BigInt(at);
      const length = Math.min(bytes.length - at, Number((start / size + 1n) * size - start));
      rows.push({ address: start, length, entropy: shannon(bytes.subarray(at, at + length)) });
      at += length;
    }
    return rows;
  });
}

async function classOf(bytes: Uint8Array): Promise<WindowClass | undefined> {
  for await (const { classes } of entropy(new FlatMemory(bytes, 0n), { windowBytes: 1 << 20 }))
    return WINDOW_CLASSES[classes[0] ?? -1];
  return undefined;
}

const content = fc
  .array(fc.constantFrom(0, 1, 2, 3, 0x41, 0xff), { minLength: 1, maxLength: 300 })
  .map((list) => Uint8Array.from(list));

describe("entropy", () => {
  it("gives every window that the definition gives, cut at holes and nowhere else", async () => {
    const memories = fc.constantFrom(0n, 0x1003n).chain((base) => stretches(content, base));
    await fc.assert(
      fc.asyncProperty(memories, fc.integer({ min: 64, max: 600 }), async (list, windowBytes) => {
        expect(await rowsOf(new SparseMemory(list), { windowBytes })).toEqual(naive(list, windowBytes));
      }),
      { numRuns: 300 },
    );
  });

  it("puts windows together that lie in two reads or more, at both ends of the address space", async () => {
    const image = new Uint8Array((3 << 20) + 777);
    for (let i = 0; i < image.length; i++) image[i] = (i * i) >> (i >> 18);
    const last = (1n << 64n) - BigInt(image.length);
    for (const [base, windowBytes] of [
      [0n, 4096],
      [0n, 1 << 30],
      [0x12345n, 5000],
      [last, 4096],
      [last, 3 << 19],
    ] as const) {
      const expected = naive([{ address: base, content: image }], windowBytes);
      expect(await rowsOf(new FlatMemory(image, base), { windowBytes })).toEqual(expected);
    }
  });

  it("gives windows as they are known, and not all at the end", async () => {
    const sizes: number[] = [];
    for await (const { addresses } of entropy(new FlatMemory(new Uint8Array(3 << 20), 0n))) sizes.push(addresses.length);
    expect(sizes).toEqual([256, 256, 256]);
  });

  it("names zeros, constant bytes and short random bytes", async () => {
    expect(await classOf(new Uint8Array(100))).toBe("zero");
    expect(await classOf(new Uint8Array(100).fill(0x20))).toBe("constant");
    expect(await classOf(new Uint8Array(4096).fill(1, 0, 1))).toBe("other");
    // 255 different bytes would have the greatest entropy that 255 bytes can have, and are too few to tell.
    const different = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect([await classOf(different.subarray(1)), await classOf(different)]).toEqual(["other", "compressed-or-random"]);
  });

  it("sums windows up by region, and says what could not be looked at", async () => {
    const list: Stretch[] = [
      { address: 0x1000n, content: new Uint8Array(64) },
      { address: 0x1040n, content: new Uint8Array(64).map((_, i) => i % 2) },
      { address: 0x1080n, content: { length: 32, state: "failed" } },
      { address: 0x2000n, content: new Uint8Array(32).fill(7) },
      { address: 0x3000n, content: new Uint8Array(64) },
    ];
    const regions = [
      { start: 0x2000n, end: 0x3000n },
      { start: 0x1000n, end: 0x2000n },
      { start: 0x9000n, end: 0xa000n },
    ];
    const asked = entropy(new SparseMemory(list), { windowBytes: 64, regions });
    expect(() => asked.regions).toThrow(/when the question has ended/);
    for await (const _ of asked);
    const none = { zero: 0, constant: 0, "compressed-or-random": 0, text: 0, code: 0, other: 0 };
    expect(asked.regions).toEqual([
      { windows: 1, bytes: 32n, classes: { ...none, constant: 1 }, entropy: { mean: 0, least: 0, greatest: 0 } },
      { windows: 2, bytes: 128n, classes: { ...none, zero: 1, other: 1 }, entropy: { mean: 0.5, least: 0, greatest: 1 } },
      { windows: 0, bytes: 0n, classes: none },
    ]);
    expect(asked.coverage).toEqual({
      searched: 224n,
      notSearched: { failed: 32n, missing: 0n, overlapped: 0n, leftOut: 0n, givenUp: 0n },
      unmapped: 0n,
      unreadableRegions: 0,
      regionsMissing: false,
      cutOff: false,
      atLimit: false,
      complete: false,
    });
  });

  it("gives the mean entropy of equal parts of a region, and none for a part without a captured byte", async () => {
    const list: Stretch[] = [
      { address: 0x1000n, content: new Uint8Array(64).map((_, i) => i % 2) },
      { address: 0x1040n, content: new Uint8Array(64) },
      { address: 0x1080n, content: { length: 64, state: "failed" } },
      { address: 0x10c0n, content: new Uint8Array(64).map((_, i) => i % 4) },
    ];
    const profile = async (start: bigint, end: bigint, profileParts: number) => {
      const asked = entropy(new SparseMemory(list), { windowBytes: 64, regions: [{ start, end }], profileParts });
      for await (const _ of asked);
      return asked.regions[0]?.profile;
    };
    expect(await profile(0x1000n, 0x1100n, 100)).toEqual([1, 0, undefined, 2]);
    expect(await profile(0x1000n, 0x1100n, 2)).toEqual([0.5, 2]);
    // Parts of 64 bytes that begin 32 bytes before a window does.
    expect(await profile(0xfe0n, 0x10e0n, 4)).toEqual([1, 0.5, 0, 2]);
    expect(await profile(0x1000n, 1n << 64n, 3)).toEqual([1, undefined, undefined]);
    expect(await profile(0x1080n, 0x10c0n, 3)).toBeUndefined();
    expect(() => entropy(new SparseMemory(list), { profileParts: 0 })).toThrow(/profileParts is 0/);
  });

  it("ends at the limit", async () => {
    const asked = entropy(new FlatMemory(new Uint8Array(3 << 20), 0n), { limit: 300, regions: [{ start: 0n, end: 1n << 40n }] });
    const sizes: number[] = [];
    for await (const { addresses } of asked) sizes.push(addresses.length);
    expect(sizes).toEqual([256, 44]);
    expect(asked.regions[0]?.windows).toBe(300);
    expect(asked.coverage.complete).toBe(false);
  });

  it("by region, gives every region in the order of addresses, also one without bytes, cut to the range asked about", async () => {
    const memory = new FlatMemory(
      new Uint8Array(0x300).map((_, i) => (i < 0x100 ? 0 : i % 2)),
      0x1000n,
    );
    const regions = async () => [
      { baseAddr: 0x9000n, endAddr: 0xa000n },
      { baseAddr: 0x1100n, endAddr: 0x1300n },
      { baseAddr: 0x1000n, endAddr: 0x1100n },
    ];
    const rows = async (options: EntropyByRegionOptions) => {
      const asked = entropyByRegion({ memory, regions }, { windowBytes: 64, ...options });
      expect(() => asked.coverage).toThrow(/when all regions/);
      const found: RegionWithEntropy[] = [];
      for await (const batch of asked) found.push(...batch);
      const shown = found.map(({ address, size, windows, entropy: bits }) => [address, size, windows, bits?.mean]);
      for (const { index, address } of found) expect((await regions())[index]?.baseAddr).toBe(address & ~0xffn);
      return { shown, coverage: asked.coverage };
    };
    expect(await rows({})).toMatchObject({
      shown: [
        [0x1000n, 0x100n, 4, 0],
        [0x1100n, 0x200n, 8, 1],
        [0x9000n, 0x1000n, 0, undefined],
      ],
      coverage: { searched: 0x300n, complete: true, atLimit: false },
    });
    expect(await rows({ from: 0x10c0n, to: 0x1140n })).toMatchObject({
      shown: [
        [0x10c0n, 0x40n, 1, 0],
        [0x1100n, 0x40n, 1, 1],
      ],
      coverage: { searched: 0x80n, complete: true },
    });
    expect(await rows({ limit: 1 })).toMatchObject({
      shown: [[0x1000n, 0x100n, 4, 0]],
      coverage: { atLimit: true, complete: false },
    });
    expect(() => entropyByRegion({ memory, regions }, { windowBytes: 1 })).toThrow(/windowBytes is/);
  });

  it("refuses windows that are too small, too large or no whole number, and regions that are no ranges", async () => {
    const memory = new FlatMemory(new Uint8Array(1), 0n);
    for (const windowBytes of [63, 100.5, (1 << 30) + 1, Number.NaN]) {
      expect(() => entropy(memory, { windowBytes })).toThrow(/windowBytes is/);
    }
    const regions = [{ start: 2n, end: 1n }];
    await expect(entropy(memory, { regions })[Symbol.asyncIterator]().next()).rejects.toThrow(/range/);
  });
});
