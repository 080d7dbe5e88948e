/** Windows that end where linear memory ends: a kernel that reads more than the padding behind one would trap. */
import { describe, expect, it } from "vitest";
import { WINDOW_PADDING } from "../../src/layout.js";
import {
  AesSchedules,
  Differences,
  Histogram,
  ManyPatterns,
  PatternSearch,
  packPatterns,
  ScanCore,
  ScanWindow,
  TextSearch,
  WordSearch,
} from "../../src/scan/index.js";

const PAGE_BYTES = 65_536;
const CAPACITY = 4096;
const LARGE = 1 << 20;

/** Takes all steps at once. */
function made<T>(work: Generator<number, T, void>): T {
  let step = work.next();
  while (!step.done) step = work.next();
  return step.value;
}

/** A core, and what `search` makes with it, before the window that ends with its memory. */
function withWindowAtEnd<T>(search: (core: ScanCore) => T): {
  readonly core: ScanCore;
  readonly window: ScanWindow;
  readonly made: T;
} {
  const core = new ScanCore();
  const found = search(core);
  // Larger than any gap between areas, so that it is the last one.
  const end = core.memory.acquire(LARGE) + LARGE;
  const room = PAGE_BYTES - ((end + CAPACITY + WINDOW_PADDING) % PAGE_BYTES);
  while (core.memory.acquire(room) < end);
  const window = new ScanWindow(core, CAPACITY);
  expect(window.address + CAPACITY + WINDOW_PADDING).toBe(core.memory.bytes.length);
  return { core, window, made: found };
}

function pattern(...values: number[]) {
  return { values: Uint8Array.from(values), masks: new Uint8Array(values.length).fill(0xff) };
}

/** Offsets of all batches, whose findings have `words` numbers. */
function offsetsOf(batches: Iterable<Uint32Array>, words: number): number[] {
  const offsets: number[] = [];
  for (const batch of batches) for (let i = 0; i < batch.length; i += words) offsets.push(batch[i] ?? 0);
  return offsets;
}

/** Parts of a window that end with it, down to one byte, at every alignment to the steps of kernels. */
const LENGTHS = [...Array.from({ length: 130 }, (_, i) => i + 1), 1000, CAPACITY - 1, CAPACITY];

describe("a window that ends with linear memory", () => {
  it("is searched for one pattern up to its last byte", () => {
    const patterns = [
      pattern(0x41),
      pattern(0x42, 0x41),
      pattern(...Array.from({ length: 21 }, (_, i) => (i === 20 ? 0x41 : 0x42))),
    ];
    const { window, made: searches } = withWindowAtEnd((core) => patterns.map((one) => new PatternSearch(core, one)));
    window.bytes.fill(0x42)[CAPACITY - 1] = 0x41;
    for (const search of searches) {
      for (const length of LENGTHS) {
        const expected = length < search.length ? [] : [length - search.length];
        expect(offsetsOf(search.offsets(window, length, CAPACITY - length), 1)).toEqual(expected);
      }
    }
  });

  it.each([
    ["with keys", 4],
    ["with long keys", 20],
    ["with anchors", 2],
    ["of one byte", 1],
  ])("is searched for many patterns %s up to its last byte", (_, size) => {
    const patterns = Array.from({ length: 20 }, (_, i) => pattern(...new Array<number>(size - 1).fill(0x42), 0x80 + i));
    const { window, made: search } = withWindowAtEnd((core) => made(ManyPatterns.of(core, made(packPatterns(patterns)))));
    window.bytes.fill(0x42)[CAPACITY - 1] = 0x85;
    for (const length of LENGTHS) {
      const expected = length < size ? [] : [length - size];
      expect(offsetsOf(search.matches(window, length, CAPACITY - length), 2)).toEqual(expected);
    }
  });

  it.each(["ascii", "utf-8", "utf-16le-even", "utf-16be-odd"] as const)("is searched for %s up to its last byte", (kind) => {
    const { window, made: search } = withWindowAtEnd((core) => new TextSearch(core));
    for (const length of LENGTHS) {
      window.bytes.fill(0);
      expect(offsetsOf(search.runs(window, { kind, shortest: 4, length, start: CAPACITY - length }), 2)).toEqual([]);
    }
  });

  it.each([4, 8] as const)("is searched for words of %i bytes up to its last byte", (width) => {
    const values = { firsts: BigUint64Array.of(7n), lasts: BigUint64Array.of(7n) };
    const { window, made: search } = withWindowAtEnd((core) => made(WordSearch.of(core, { width, alignment: 1, ...values })));
    window.bytes.fill(0)[CAPACITY - width] = 7;
    for (const length of LENGTHS) {
      const offsets = [...search.words(window, length, CAPACITY - length)].flatMap((found) => [...found.offsets]);
      expect(offsets).toEqual(length < width ? [] : [length - width]);
    }
  });

  it("is compared, counted and searched for key schedules up to its last byte", () => {
    const {
      window,
      core,
      made: kernels,
    } = withWindowAtEnd((core) => ({
      differences: new Differences(core),
      histogram: new Histogram(core),
      schedules: new AesSchedules(core),
      other: new ScanWindow(core, CAPACITY),
    }));
    window.bytes.fill(0)[CAPACITY - 1] = 1;
    kernels.other.bytes.fill(0);
    for (const length of LENGTHS) {
      const start = CAPACITY - length;
      const there = { window: kernels.other, start };
      expect(offsetsOf(kernels.differences.ranges({ window, start }, there, length), 3)).toEqual([length - 1]);
      expect(offsetsOf(kernels.differences.ranges(there, { window, start }, length), 3)).toEqual([length - 1]);
      expect([...kernels.histogram.counts(window, start, length).slice(0, 2)]).toEqual([length - 1, 1]);
      expect([...kernels.schedules.schedules(window, { start, length })]).toEqual([]);
    }
    expect(window.address + CAPACITY + WINDOW_PADDING).toBe(core.memory.bytes.length);
  });
});
