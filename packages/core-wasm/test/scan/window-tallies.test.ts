/** `WindowTallies` against sums over counts that are made byte by byte. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ScanCore, ScanWindow, WindowTallies } from "../../src/scan/index.js";

const core = new ScanCore();
const window = new ScanWindow(core, 4096);
const CAPACITY = 9;
const FIRST = [0x41, 0x42, 0xff];
const SECOND = [0, 7];

/** Terms whose sums depend on their order: the fractions of large ones are rounded. */
function termsOf(windowBytes: number): Float64Array {
  return Float64Array.from({ length: windowBytes + 1 }, (_, count) => (count === 0 ? 0 : count * Math.log2(count + 1 / 3)));
}

/** The obvious way. */
function tallyOf(bytes: Uint8Array, terms: Float64Array) {
  const counts = new Array<number>(256).fill(0);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  const sums = [0, 0, 0, 0];
  for (const [value, count] of counts.entries()) sums[value % 4] = (sums[value % 4] ?? 0) + (terms[count] ?? 0);
  const [first = 0, second = 0, third = 0, fourth = 0] = sums;
  const among = (set: readonly number[]) => bytes.filter((byte) => set.includes(byte)).length;
  const equal = bytes.every((byte) => byte === bytes[0]) ? 1 : 0;
  return [first + second + (third + fourth), counts[0], among(FIRST), among(SECOND), equal];
}

it("WindowTallies sums over the counts of each window", () => {
  const byte = fc.oneof(fc.constantFrom(0, 0, 7, 0x41), fc.nat(255));
  const runs = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 300 }), byte), { minLength: 1, maxLength: 12 })
    .map((list) => Uint8Array.from(list.flatMap(([length, value]) => new Array<number>(length).fill(value))));
  const content = fc.oneof(runs, fc.uint8Array({ minLength: 1, maxLength: 2000 }));
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 300 }), fc.nat(9), (bytes, windowBytes, start) => {
      const terms = termsOf(windowBytes);
      const tallies = new WindowTallies(core, { terms, sets: [FIRST, SECOND] }, CAPACITY);
      const number = Math.min(CAPACITY, Math.floor(bytes.length / windowBytes));
      window.bytes.fill(7).set(bytes, start);
      const { sums, zeros, first, second, equal } = tallies.of(window, start, number);
      for (let i = 0; i < number; i++) {
        const expected = tallyOf(bytes.subarray(i * windowBytes, (i + 1) * windowBytes), terms);
        expect([sums[i], zeros[i], first[i], second[i], equal[i]]).toEqual(expected);
      }
      tallies.release();
    }),
    { numRuns: 1000 },
  );
});

it("WindowTallies sums over counts of one byte and of more, in any order of windows", () => {
  const windowBytes = 600;
  const terms = termsOf(windowBytes);
  const tallies = new WindowTallies(core, { terms, sets: [FIRST, SECOND] }, CAPACITY);
  // Of one value or two, and what is left is all different, so far as there are values.
  const most = [[], [255], [256], [], [512], [256, 256], [255, 255], [257], []];
  const bytes = Uint8Array.from(
    most.flatMap((counts) => {
      const frequent = counts.flatMap((count, i) => new Array<number>(count).fill(0x41 + i));
      return [...frequent, ...Array.from({ length: windowBytes - frequent.length }, (_, i) => 0x80 + (i % 0x80))];
    }),
  );
  const long = new ScanWindow(core, bytes.length);
  long.bytes.set(bytes);
  const { sums, zeros, first, second, equal } = tallies.of(long, 0, most.length);
  for (const i of most.keys()) {
    const expected = tallyOf(bytes.subarray(i * windowBytes, (i + 1) * windowBytes), terms);
    expect([sums[i], zeros[i], first[i], second[i], equal[i]]).toEqual(expected);
  }
  long.release();
  tallies.release();
});

it("WindowTallies sums after linear memory has grown", () => {
  const tallies = new WindowTallies(core, { terms: termsOf(4), sets: [FIRST, SECOND] }, 2);
  tallies.of(window, 0, 2);
  const grown = new ScanWindow(core, 1 << 21);
  window.bytes.set([0x41, 0x41, 0x41, 0x41, 0, 0, 7, 1]);
  const { zeros, first, second, equal } = tallies.of(window, 0, 2);
  expect([[...zeros], [...first], [...second], [...equal]]).toEqual([
    [0, 2],
    [4, 0],
    [0, 3],
    [1, 0],
  ]);
  grown.release();
  tallies.release();
});
