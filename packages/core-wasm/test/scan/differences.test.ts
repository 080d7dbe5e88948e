/** `Differences` against a comparison byte by byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Differences, ScanCore, ScanWindow } from "../../src/scan/index.js";

const CAPACITY = 1 << 16;
const core = new ScanCore();
const windows = { a: new ScanWindow(core, CAPACITY), b: new ScanWindow(core, CAPACITY) };
const differences = new Differences(core);

function naive(a: Uint8Array, b: Uint8Array, gap: number): number[][] {
  const ranges: number[][] = [];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const last = ranges.at(-1);
    if (last && i - (last[1] ?? 0) <= gap) last.splice(1, 2, i + 1, (last[2] ?? 0) + 1);
    else ranges.push([i, i + 1, 1]);
  }
  return ranges;
}

/** The bytes behind the contents differ: a kernel that counts them gives other ranges. */
function found(a: Uint8Array, b: Uint8Array, gap: number, starts = { a: 0, b: 0 }): number[][] {
  windows.a.bytes.fill(0xaa).set(a, starts.a);
  windows.b.bytes.fill(0x55).set(b, starts.b);
  const ranges: number[][] = [];
  const parts = [
    { window: windows.a, start: starts.a },
    { window: windows.b, start: starts.b },
  ] as const;
  for (const batch of differences.ranges(...parts, a.length, gap)) {
    for (let i = 0; i < batch.length; i += 3) ranges.push([...batch.subarray(i, i + 3)]);
  }
  return ranges;
}

const pairs = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 130 }), fc.constantFrom("equal", "other", "mixed")), { maxLength: 20 })
  .map((parts) => {
    const a: number[] = [];
    const b: number[] = [];
    for (const [length, kind] of parts) {
      for (let i = 0; i < length; i++) {
        a.push(i & 255);
        b.push((kind === "equal" || (kind === "mixed" && i % 3 > 0) ? i : i + 1) & 255);
      }
    }
    return [Uint8Array.from(a), Uint8Array.from(b)] as const;
  });

describe("Differences", () => {
  it("gives the ranges that a comparison byte by byte gives, for any gap and any places in the windows", () => {
    fc.assert(
      fc.property(pairs, fc.nat(140), fc.nat(70), fc.nat(70), ([a, b], gap, startA, startB) => {
        expect(found(a, b, gap, { a: startA, b: startB })).toEqual(naive(a, b, gap));
      }),
      { numRuns: 1500 },
    );
  });

  it("gives one range for windows that differ in every byte, and none for equal ones", () => {
    for (const length of [0, 1, 63, 64, 65, 128, CAPACITY]) {
      const zeros = new Uint8Array(length);
      expect(found(zeros, new Uint8Array(length).fill(1), 0)).toEqual(length > 0 ? [[0, length, length]] : []);
      expect(found(zeros, zeros, 0)).toEqual([]);
    }
  });

  it("gives more ranges than one call of the kernel writes, in several batches", () => {
    const a = new Uint8Array(CAPACITY);
    const b = a.map((_, i) => i & 1);
    expect(found(a, b, 0)).toEqual(naive(a, b, 0));
    expect(found(a, b, 1)).toEqual([[1, CAPACITY, CAPACITY / 2]]);
  });

  it("gives its areas back on release", () => {
    const small = new ScanCore();
    for (let i = 0; i < 5000; i++) new Differences(small).release();
    expect(small.memory.bytes.length).toBeLessThan(1 << 18);
  });
});
