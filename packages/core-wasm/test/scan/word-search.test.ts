/** `WordSearch` against reading word after word. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ScanCore, ScanWindow, WordSearch, type WordSearchOptions } from "../../src/scan/index.js";

const CAPACITY = 1 << 17;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);

/** Makes the search in all of its steps. */
function wordSearch(options: WordSearchOptions): WordSearch {
  const making = WordSearch.of(core, options);
  for (;;) {
    const { value, done } = making.next();
    if (done) return value;
  }
}

type Word = readonly [offset: number, value: bigint, interval: number];

function naive(bytes: Uint8Array, from: number, options: WordSearchOptions): Word[] {
  const { width, bigEndian = false, alignment = width, ignoredBits = 0n, firsts, lasts } = options;
  const found: Word[] = [];
  for (let offset = from; offset + width <= bytes.length; offset += alignment) {
    let value = 0n;
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(bytes[offset + (bigEndian ? i : width - 1 - i)] ?? 0);
    const compared = value & ~ignoredBits;
    const interval = [...firsts].findIndex((first, i) => first <= compared && compared <= (lasts[i] ?? 0n));
    if (interval >= 0) found.push([offset, value, interval]);
  }
  return found;
}

/** The bytes behind the content are `stale`: words of them would match. */
function found(bytes: Uint8Array, from: number, options: WordSearchOptions, start = 0, stale = 0): Word[] {
  const search = wordSearch(options);
  window.bytes.subarray(0, start + bytes.length + 300).fill(stale);
  window.bytes.set(bytes, start);
  const words: Word[] = [];
  for (const { offsets, values, intervals } of search.words(window, bytes.length, start, from)) {
    for (const [i, offset] of offsets.entries()) words.push([offset, values[i] ?? -1n, intervals[i] ?? -1]);
  }
  search.release();
  return words;
}

/** Bytes of few values, so that words fall into intervals, onto their borders and between them. */
const few = fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff);
const bytes = fc.array(few, { maxLength: 400 }).map((list) => Uint8Array.from(list));

const options = fc.constantFrom(4 as const, 8 as const).chain((width) => {
  const value = fc
    .array(few, { minLength: width, maxLength: width })
    .map((list) => list.reduce((word, byte) => (word << 8n) | BigInt(byte), 0n));
  const intervals = fc.uniqueArray(value, { minLength: 2, maxLength: 12 }).map((values) => {
    const sorted = values.sort((a, b) => (a < b ? -1 : 1));
    const pairs = sorted.length - (sorted.length % 2);
    return {
      firsts: BigUint64Array.from(sorted.slice(0, pairs).filter((_, i) => i % 2 === 0)),
      lasts: BigUint64Array.from(sorted.slice(0, pairs).filter((_, i) => i % 2 === 1)),
    };
  });
  return fc
    .record({
      intervals,
      bigEndian: fc.boolean(),
      alignment: fc.constantFrom(...([1, 2, 4, 8] as const).filter((alignment) => alignment <= width)),
      ignoredBits: fc.oneof(fc.constant(0n), value),
    })
    .map(({ intervals, ...others }): WordSearchOptions => ({ width, ...others, ...intervals }));
});

describe("WordSearch", () => {
  it("finds the words that reading word after word finds, for both widths, byte orders, all alignments and masks", () => {
    fc.assert(
      fc.property(bytes, options, fc.nat(9), fc.nat(9), few, (content, asked, from, start, stale) => {
        expect(found(content, from, asked, start, stale)).toEqual(naive(content, from, asked));
      }),
      { numRuns: 3000 },
    );
  });

  it("finds words at both ends of the values, and no word that lies beside an interval", () => {
    const largest = (1n << 64n) - 1n;
    const content = new Uint8Array(BigUint64Array.of(0n, 1n, 2n, largest - 2n, largest - 1n, largest).buffer);
    const intervals = { firsts: BigUint64Array.of(0n, largest - 1n), lasts: BigUint64Array.of(1n, largest) };
    expect(found(content, 0, { width: 8, ...intervals })).toEqual([
      [0, 0n, 0],
      [8, 1n, 0],
      [32, largest - 1n, 1],
      [40, largest, 1],
    ]);
  });

  it("gives more words than one call of the kernel writes in several batches, at each alignment", () => {
    const content = new Uint8Array(CAPACITY - 300).fill(0x11);
    const intervals = { firsts: BigUint64Array.of(0x11111111n), lasts: BigUint64Array.of(0x11111111n) };
    for (const alignment of [1, 4] as const) {
      const words = found(content, 1, { width: 4, alignment, ...intervals });
      expect(words.map(([offset]) => offset)).toEqual(
        Array.from({ length: Math.ceil((content.length - 4) / alignment) }, (_, i) => 1 + i * alignment),
      );
    }
  });

  it("refuses an alignment that is no power of two up to the width, and intervals that are not ascending", () => {
    const one = { firsts: BigUint64Array.of(5n), lasts: BigUint64Array.of(9n) };
    expect(() => wordSearch({ width: 4, alignment: 8, ...one })).toThrow(/alignment of 8/);
    expect(() => wordSearch({ width: 8, alignment: 3 as 4, ...one })).toThrow(/alignment of 3/);
    expect(() => wordSearch({ width: 8, firsts: one.lasts, lasts: one.firsts })).toThrow(/interval 0/);
    const touching = { firsts: BigUint64Array.of(1n, 2n), lasts: BigUint64Array.of(2n, 3n) };
    expect(() => wordSearch({ width: 8, ...touching })).toThrow(/interval 1/);
    expect(() => wordSearch({ width: 4, ...one, lasts: BigUint64Array.of(1n << 32n) })).toThrow(/up to 0xffffffff/);
    expect(() => wordSearch({ width: 8, firsts: new BigUint64Array(0), lasts: new BigUint64Array(0) })).toThrow(/at least one/);
  });

  it("refuses an interval wherever it stands in a long list, and gives its areas back", () => {
    const count = 10_000;
    const held = core.memory.acquire(8);
    core.memory.release(held, 8);
    for (const wrong of [4095, 4096, 9999]) {
      const firsts = BigUint64Array.from({ length: count }, (_, i) => BigInt(16 * i));
      const lasts = firsts.map((first) => first + 7n);
      firsts[wrong] = firsts[wrong - 1] ?? 0n;
      expect(() => wordSearch({ width: 8, firsts, lasts })).toThrow(`The interval ${wrong} is`);
    }
    expect(core.memory.acquire(8)).toBe(held);
    core.memory.release(held, 8);
  });

  it("finds words of intervals of a long list, first and last ones included", () => {
    const firsts = BigUint64Array.from({ length: 10_000 }, (_, i) => BigInt(16 * i));
    const lasts = firsts.map((first) => first + 7n);
    for (const interval of [0, 4095, 4096, 8191, 9999]) {
      const word = new Uint8Array(new BigUint64Array([BigInt(16 * interval + 7)]).buffer);
      expect(found(word, 0, { width: 8, firsts, lasts })).toEqual([[0, BigInt(16 * interval + 7), interval]]);
      const behind = new Uint8Array(new BigUint64Array([BigInt(16 * interval + 8)]).buffer);
      expect(found(behind, 0, { width: 8, firsts, lasts })).toEqual([]);
    }
  });
});
