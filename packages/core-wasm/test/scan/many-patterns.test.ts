/** `ManyPatterns` against a search that compares byte by byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManyPatterns, type MaskedPattern, ScanCore, ScanWindow } from "../../src/scan/index.js";

const CAPACITY = 1 << 15;
const core = new ScanCore();
const window = new ScanWindow(core, CAPACITY);

function naive(bytes: Uint8Array, patterns: readonly MaskedPattern[]): string[] {
  const found: string[] = [];
  for (const [index, { values, masks }] of patterns.entries()) {
    for (let start = 0; start + values.length <= bytes.length; start++) {
      if (values.every((value, i) => ((bytes[start + i] ?? 0) & (masks[i] ?? 0)) === (value & (masks[i] ?? 0))))
        found.push(`${start}:${index}`);
    }
  }
  return found.sort();
}

/** The bytes before and behind the content continue it, so that a kernel that looks too far finds more. */
function found(bytes: Uint8Array, patterns: readonly MaskedPattern[], start = 7): string[] {
  const search = new ManyPatterns(core, patterns);
  window.bytes.fill(0x61);
  window.bytes.set(bytes, start);
  const matches: string[] = [];
  for (const batch of search.matches(window, bytes.length, start)) {
    for (let i = 0; i < batch.length; i += 2) matches.push(`${batch[i]}:${batch[i + 1]}`);
  }
  search.release();
  return matches.sort();
}

const byte = fc.constantFrom(0x41, 0x61, 0x62, 0);
const bytes = (minLength: number, maxLength: number) =>
  fc.array(byte, { minLength, maxLength }).map((list) => Uint8Array.from(list));
/** A pattern with a key of at least four bytes, and masks of any kind around it. */
const pattern = fc
  .tuple(bytes(0, 3), bytes(4, 12), bytes(0, 3), fc.boolean(), fc.constantFrom(0, 0xf0))
  .map(([before, key, behind, ignoreCase, mask]) => {
    const letterMask = (value: number) => (ignoreCase && value !== 0 ? 0xdf : 0xff);
    return {
      values: Uint8Array.of(...before, ...key, ...behind),
      masks: Uint8Array.of(...before.map(() => mask), ...Array.from(key, letterMask), ...behind.map(() => mask)),
    };
  });

describe("ManyPatterns", () => {
  it("finds the matches of every pattern that a comparison byte by byte finds", () => {
    fc.assert(
      fc.property(bytes(0, 400), fc.array(pattern, { minLength: 1, maxLength: 30 }), (content, patterns) => {
        expect(found(content, patterns)).toEqual(naive(content, patterns));
      }),
      { numRuns: 1000 },
    );
  });

  it("finds each of 10,000 random patterns where it was planted", () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
    const patterns = Array.from({ length: 10_000 }, (_, i) => {
      const values = Uint8Array.from({ length: 6 + (i % 20) }, random);
      return { values, masks: new Uint8Array(values.length).fill(0xff) };
    });
    const content = Uint8Array.from({ length: CAPACITY - 64 }, random);
    const planted = new Set<string>();
    for (let at = 0, i = 0; at + 30 < content.length; at += 40, i += 13) {
      const index = i % patterns.length;
      content.set(patterns[index]?.values ?? [], at);
      planted.add(`${at}:${index}`);
    }
    expect(found(content, patterns)).toEqual([...planted].sort());
  });

  it("gives more matches than one call of the kernel writes in several batches", () => {
    const content = new Uint8Array(CAPACITY - 7).fill(0x41);
    const patterns = [4, 9].map((length) => ({
      values: new Uint8Array(length).fill(0x41),
      masks: new Uint8Array(length).fill(0xff),
    }));
    expect(found(content, patterns)).toHaveLength(content.length - 3 + content.length - 8);
  });

  it("takes patterns with four consecutive bytes that are compared whole or without case, and refuses others", () => {
    const masks = (...list: number[]) => ({ values: new Uint8Array(list.length), masks: Uint8Array.from(list) });
    expect(ManyPatterns.takes(masks(0, 0xff, 0xdf, 0xff, 0xff))).toBe(true);
    expect(ManyPatterns.takes(masks(0xff, 0xff, 0xff, 0xf0, 0xff, 0xff, 0xff))).toBe(false);
    expect(() => new ManyPatterns(core, [masks(0xff, 0xff, 0xff)])).toThrow(TypeError);
    expect(() => new ManyPatterns(core, [])).toThrow(TypeError);
  });

  it("gives its areas back on release", () => {
    const small = new ScanCore();
    const one = { values: new Uint8Array(8), masks: new Uint8Array(8).fill(255) };
    for (let i = 0; i < 500; i++) new ManyPatterns(small, [one]).release();
    expect(small.memory.bytes.length).toBeLessThan(1 << 20);
  });
});
