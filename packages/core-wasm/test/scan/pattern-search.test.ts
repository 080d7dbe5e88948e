/** `PatternSearch` against a search that compares byte by byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MaskedPattern, PatternSearch, ScanCore, ScanWindow } from "../../src/scan/index.js";

const CAPACITY = 1 << 16;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);

function naive(bytes: Uint8Array, { values, masks }: MaskedPattern): number[] {
  const found: number[] = [];
  for (let start = 0; start + values.length <= bytes.length; start++) {
    if (values.every((value, i) => ((bytes[start + i] ?? 0) & (masks[i] ?? 0)) === (value & (masks[i] ?? 0)))) found.push(start);
  }
  return found;
}

/** The bytes behind the content match every pattern of 0xaa: a kernel that counts them gives too many offsets. */
function found(bytes: Uint8Array, pattern: MaskedPattern): number[] {
  const search = new PatternSearch(core, pattern);
  window.bytes.fill(0xaa);
  window.bytes.set(bytes);
  const offsets: number[] = [];
  for (const batch of search.offsets(window, bytes.length)) offsets.push(...batch);
  search.release();
  return offsets;
}

const byte = fc.constantFrom(0, 0x41, 0x61, 0xaa, 0xff);
const mask = fc.constantFrom(0xff, 0xff, 0xff, 0xdf, 0xf0, 0);
const bytes = (maxLength: number, minLength = 0) => fc.array(byte, { minLength, maxLength }).map((list) => Uint8Array.from(list));

describe("PatternSearch", () => {
  it("finds the same offsets as a comparison byte by byte, overlapping matches included", () => {
    fc.assert(
      fc.property(bytes(300), bytes(20, 1), fc.array(mask, { minLength: 20, maxLength: 20 }), (content, values, masks) => {
        const pattern = { values, masks: Uint8Array.from(masks).subarray(0, values.length) };
        expect(found(content, pattern)).toEqual(naive(content, pattern));
      }),
      { numRuns: 2000 },
    );
  });

  it("finds a needle at every offset around the steps of the kernel", () => {
    const values = Uint8Array.from({ length: 17 }, (_, i) => 0x80 + i);
    const pattern = { values, masks: new Uint8Array(17).fill(0xff) };
    for (let offset = 0; offset < 200; offset++) {
      const content = new Uint8Array(offset + 17);
      content.set(values, offset);
      expect(found(content, pattern)).toEqual([offset]);
      expect(found(content.subarray(0, -1), pattern)).toEqual([]);
    }
  });

  it("finds a long pattern that repeats itself wherever it matches", () => {
    const period = bytes(3, 1);
    const place = fc.nat(1000);
    fc.assert(
      fc.property(period, place, place, fc.integer({ min: 100, max: 400 }), byte, (part, here, there, length, other) => {
        const repeated = (count: number) => Uint8Array.from({ length: count }, (_, i) => part[i % part.length] ?? 0);
        const content = repeated(1000);
        const values = repeated(length);
        content[here] = other;
        if (there < length) values[there] = other;
        const pattern = { values, masks: new Uint8Array(length).fill(0xff) };
        expect(found(content, pattern)).toEqual(naive(content, pattern));
      }),
      { numRuns: 500 },
    );
  });

  it("compares each byte once or twice, however a pattern without masks repeats itself", () => {
    const zeros = { values: new Uint8Array(16_384), masks: new Uint8Array(16_384).fill(0xff) };
    const alternating = zeros.values.map((_, i) => i % 2);
    const almost = { values: alternating.with(16_383, 0), masks: zeros.masks };
    // A search pauses after 8 MiB of comparisons at the latest: quadratic ones would pause about a hundred times.
    for (const pattern of [zeros, almost]) {
      window.bytes.forEach((_, i, all) => {
        all[i] = pattern.values[i % 2] ?? 0;
      });
      const search = new PatternSearch(core, pattern);
      const batches = [...search.offsets(window, CAPACITY)].filter(({ length }) => length < 4096);
      expect(batches.length).toBeLessThanOrEqual(2);
      search.release();
    }
  });

  it("pauses where comparisons with masks take long", () => {
    const pattern = { values: new Uint8Array(20_000).with(19_999, 1), masks: new Uint8Array(20_000).fill(0xff).with(0, 0xfe) };
    const search = new PatternSearch(core, pattern);
    window.bytes.fill(0);
    // No rare byte leads: the last one is everywhere, too.
    window.bytes.fill(1, 30_000, 60_000);
    expect([...search.offsets(window, CAPACITY)].length).toBeGreaterThan(1);
    search.release();
  });

  it("gives more matches than one call of the kernel writes in several batches", () => {
    const content = new Uint8Array(CAPACITY).fill(0xaa);
    const pattern = { values: Uint8Array.of(0xaa, 0xaa), masks: Uint8Array.of(0xff, 0xff) };
    expect(found(content, pattern)).toEqual(Array.from({ length: CAPACITY - 1 }, (_, i) => i));
  });

  it("refuses a pattern without bytes and a pattern whose masks are of another number", () => {
    expect(() => new PatternSearch(core, { values: new Uint8Array(0), masks: new Uint8Array(0) })).toThrow(TypeError);
    expect(() => new PatternSearch(core, { values: new Uint8Array(2), masks: new Uint8Array(1) })).toThrow(TypeError);
  });

  it("gives its areas back on release", () => {
    const small = new ScanCore();
    for (let i = 0; i < 5000; i++) {
      new PatternSearch(small, { values: Uint8Array.of(1), masks: Uint8Array.of(255) }).release();
    }
    expect(small.memory.bytes.length).toBeLessThan(1 << 18);
  });
});
