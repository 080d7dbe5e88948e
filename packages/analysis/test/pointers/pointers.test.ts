/** `pointersTo` and `pointerTable` against reading word after word of every run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlatMemory, type Memory, type Pointer, type PointersOptions, pointersTo, pointerTable } from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { runsOf, SparseMemory, type Stretch } from "../support/sparse-memory.js";

type Target = Parameters<typeof pointersTo>[1];
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

async function all(memory: Memory, target: Target, options: PointersOptions = {}): Promise<Pointer[]> {
  const found: Pointer[] = [];
  for await (const batch of pointersTo(memory, target, options)) found.push(...batch);
  return found;
}

/** All words of all runs, byte by byte. */
function wordsOf(list: readonly Stretch[], options: PointersOptions): (Pointer & { readonly compared: bigint })[] {
  const { pointerBytes = 8, bigEndian = false, alignment = pointerBytes, ignoredBits = 0n } = options;
  return runsOf(list).flatMap(({ address, bytes }) =>
    Array.from({ length: Math.max(0, bytes.length - pointerBytes + 1) }, (_, i) => {
      const word = [...bytes.subarray(i, i + pointerBytes)];
      const digits = (bigEndian ? word : word.reverse()).map((byte) => byte.toString(16).padStart(2, "0"));
      const value = BigInt(`0x${digits.join("")}`);
      return { address: address + BigInt(i), value, compared: value & ~ignoredBits };
    }).filter((word) => word.address % BigInt(alignment) === 0n),
  );
}

const holds = ({ start, end }: Range, value: bigint) => start <= value && value < end;

const few = fc.constantFrom(0, 1, 0x80, 0xff);
const bytes = (maxLength: number) => fc.array(few, { minLength: 1, maxLength }).map((list) => Uint8Array.from(list));
const format = fc.constantFrom(4 as const, 8 as const).chain((pointerBytes) =>
  fc.record({
    pointerBytes: fc.constant(pointerBytes),
    bigEndian: fc.boolean(),
    alignment: fc.constantFrom(...([1, 2, 4, 8] as const).filter((alignment) => alignment <= pointerBytes)),
    ignoredBits: fc.constantFrom(0n, 7n, 0xff00n),
  }),
);
const value = fc
  .array(few, { minLength: 4, maxLength: 4 })
  .map((list) => list.reduce((word, byte) => (word << 8n) | BigInt(byte), 0n));
const ranges = fc.array(
  fc.tuple(value, fc.constantFrom(1n, 2n, 0x100n, 0x1000000n)).map(([start, length]) => ({ start, end: start + length })),
  { minLength: 1, maxLength: 6 },
);
/** Runs at an address that is aligned, and at one that is not. */
const memories = fc.constantFrom(0n, 0x1003n).chain((base) => stretches(bytes(60), base));

describe("pointersTo", () => {
  it("finds the words that reading word after word finds, across borders and never across holes", async () => {
    await fc.assert(
      fc.asyncProperty(memories, ranges, format, async (list, target, options) => {
        const expected = wordsOf(list, options).filter(({ compared }) => target.some((range) => holds(range, compared)));
        expect(await all(new SparseMemory(list), target, options)).toEqual(
          expected.map(({ address, value }) => ({ address, value })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it("finds each word once across the borders of windows, aligned or not, and at both ends of the address space", async () => {
    for (const before of [0, 1, 3, 4, 7]) {
      const image = new Uint8Array((3 << 20) + before);
      const view = new DataView(image.buffer);
      const places = [0, image.length - 8];
      // Windows step by their size without the repeated bytes.
      for (const border of [1 << 20, 2 * ((1 << 20) - 8)]) {
        for (const distance of before % 2 ? [24, 13, 5] : [24, 16, 8]) places.push(border - distance);
      }
      for (const place of places) view.setBigUint64(place, 0x7fff_1234_5678n, true);
      const sorted = places.sort((a, b) => a - b);
      for (const base of [0n, (1n << 64n) - BigInt(image.length)]) {
        const memory = new FlatMemory(image, base);
        const found = await all(memory, 0x7fff_1234_5678n, { alignment: 1 });
        expect(found.map(({ address }) => Number(address - base))).toEqual(sorted);
        const aligned = await all(memory, { start: 0x7fff_0000_0000n, end: 0x8000_0000_0000n });
        const expected = sorted.map((place) => base + BigInt(place)).filter((address) => address % 8n === 0n);
        expect(aligned.map(({ address }) => address)).toEqual(expected);
      }
    }
  });

  it("finds pointers to the first and to the last address", async () => {
    const last = (1n << 64n) - 1n;
    const memory = new FlatMemory(new Uint8Array(BigUint64Array.of(0n, last, 1n, last - 1n).buffer), 0x1000n);
    expect(await all(memory, 0n)).toEqual([{ address: 0x1000n, value: 0n }]);
    expect(await all(memory, last)).toEqual([{ address: 0x1008n, value: last }]);
    expect(await all(memory, { start: last, end: last + 1n })).toEqual([{ address: 0x1008n, value: last }]);
  });

  it("ends at the limit, gives large answers in batches, and says what it did not search", async () => {
    const memory = new FlatMemory(new Uint8Array(4 << 20), 0n);
    const pointers = pointersTo(memory, 0n, { limit: 10_000 });
    expect(() => pointers.coverage).toThrow(/when the question has ended/);
    const sizes: number[] = [];
    let next = 0n;
    for await (const batch of pointers) {
      sizes.push(batch.length);
      for (const { address } of batch) {
        expect(address).toBe(next);
        next += 8n;
      }
    }
    expect(sizes).toEqual([4096, 4096, 1808]);
    expect(pointers.coverage.complete).toBe(false);
    expect(pointers.coverage.searched).toBeLessThan(4n << 20n);
  });

  it("searches between the addresses asked about, and counts bytes that could not be searched", async () => {
    const memory = new SparseMemory([
      { address: 0x1000n, content: new Uint8Array(64) },
      { address: 0x1040n, content: { length: 16, state: "failed" } },
    ]);
    const pointers = pointersTo(memory, 0n, { from: 0x1008n, to: 0x1045n });
    const found: bigint[] = [];
    for await (const batch of pointers) found.push(...batch.map(({ address }) => address));
    expect(found).toEqual([0x1008n, 0x1010n, 0x1018n, 0x1020n, 0x1028n, 0x1030n, 0x1038n]);
    expect(pointers.coverage).toEqual({
      searched: 56n,
      notSearched: { failed: 5n, missing: 0n, overlapped: 0n, leftOut: 0n, givenUp: 0n },
      unmapped: 0n,
      unreadableRegions: 0,
      regionsMissing: false,
      cutOff: false,
      atLimit: false,
      complete: false,
    });
  });

  it("refuses targets that no word can point to and options that make no sense", () => {
    const memory = new FlatMemory(new Uint8Array(8), 0n);
    expect(() => pointersTo(memory, [])).toThrow(/no range/);
    expect(() => pointersTo(memory, { start: 5n, end: 5n })).toThrow(/0x5 to 0x5/);
    expect(() => pointersTo(memory, -1n)).toThrow(/-0x1/);
    expect(() => pointersTo(memory, 1n << 64n)).toThrow(/2\^64/);
    expect(() => pointersTo(memory, 1n << 32n, { pointerBytes: 4 })).toThrow(/up to 0xffffffff/);
    expect(() => pointersTo(memory, 0x1001n, { ignoredBits: 7n })).toThrow(/ignored bits/);
    expect(() => pointersTo(memory, 0n, { ignoredBits: 1n << 64n })).toThrow(/ignoredBits/);
    expect(() => pointersTo(memory, 0n, { pointerBytes: 4, alignment: 8 })).toThrow(/alignment is 8/);
  });
});

describe("pointerTable", () => {
  it("counts the pointers from each region into each, as reading word after word does", async () => {
    const base = 0x8000n;
    const content = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 0x300 }), fc.constantFrom(0, 0, 0xff)), { minLength: 1, maxLength: 30 })
      .map(
        (words) =>
          new Uint8Array(BigUint64Array.from(words, ([low, high]) => (BigInt(high) << 56n) | (base + BigInt(low))).buffer),
      );
    const regions = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 0x300 }), fc.integer({ min: 1, max: 0x180 }))
        .map(([start, length]) => ({ start: base + BigInt(start), end: base + BigInt(start + length) })),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(
        stretches(content, base),
        regions,
        fc.constantFrom(1 as const, 8 as const),
        async (list, all, alignment) => {
          const owner = (at: bigint) => {
            const holding = all.filter((region) => holds(region, at)).sort((a, b) => Number(a.start - b.start));
            return holding[0] ? all.indexOf(holding[0]) : -1;
          };
          const options = { alignment, ignoredBits: 0xffn << 56n };
          const expected = new Map<string, number>();
          for (const { address, compared } of wordsOf(list, options)) {
            const [from, to] = [owner(address), owner(compared)];
            if (from >= 0 && to >= 0) expected.set(`${from}-${to}`, (expected.get(`${from}-${to}`) ?? 0) + 1);
          }
          const { counts } = await pointerTable(new SparseMemory(list), all, options);
          expect(new Map(counts.map(({ from, to, count }) => [`${from}-${to}`, count]))).toEqual(expected);
          const order = counts.map(({ from, to }) => from * all.length + to);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("counts pointers of regions of 4 bytes, and leaves regions out that none can lead to", async () => {
    const memory = new FlatMemory(new Uint8Array(Uint32Array.of(0x1000, 0x1004, 0x2000, 0xffffffff).buffer), 0x1000n);
    const regions = [
      { start: 0x1000n, end: 0x1010n },
      { start: 0xffff_fff0n, end: 0x1_0000_1000n },
      { start: 0x1_0000_1000n, end: 0x1_0000_2000n },
    ];
    const { counts, coverage } = await pointerTable(memory, regions, { pointerBytes: 4 });
    expect(counts).toEqual([
      { from: 0, to: 0, count: 2 },
      { from: 0, to: 1, count: 1 },
    ]);
    expect(coverage.searched).toBe(16n);
  });

  it("counts a pointer that begins in the last byte of the last region, also at the end of the address space", async () => {
    for (const end of [0x1020n, 1n << 64n]) {
      const start = end - 0x20n;
      const bytes = new Uint8Array(0x20);
      new DataView(bytes.buffer).setBigUint64(0x18, start, true);
      const memory = new FlatMemory(bytes, start);
      const counted = async (regionEnd: bigint, alignment: 1 | 8) =>
        (await pointerTable(memory, [{ start, end: regionEnd }], { alignment })).counts.reduce(
          (sum, { count }) => sum + count,
          0,
        );
      expect(await counted(end - 7n, 8)).toBe(1);
      expect(await counted(end - 7n, 1)).toBe(1);
      expect(await counted(end - 8n, 1)).toBe(0);
      expect(await counted(end, 8)).toBe(1);
    }
  });

  it("refuses more pairs than it may hold, and no regions", async () => {
    const words = BigUint64Array.from({ length: 64 }, (_, i) => 0x1000n + BigInt(8 * ((i * 5) % 64)));
    const memory = new FlatMemory(new Uint8Array(words.buffer), 0x1000n);
    const regions = Array.from({ length: 64 }, (_, i) => ({ start: 0x1000n + BigInt(8 * i), end: 0x1008n + BigInt(8 * i) }));
    await expect(pointerTable(memory, regions, { mostPairs: 63 })).rejects.toThrow(/More than 63 pairs/);
    expect((await pointerTable(memory, regions, { mostPairs: 64 })).counts).toHaveLength(64);
    await expect(pointerTable(memory, [])).rejects.toThrow(/no region/);
  });
});
