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
