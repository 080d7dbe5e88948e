/** `Histogram` against counting byte by byte. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Histogram, ScanCore, ScanWindow } from "../../src/scan/index.js";

const core = new ScanCore();
const window = new ScanWindow(core, 4096);
const histogram = new Histogram(core);

it("Histogram counts each byte value of a part of a window", () => {
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc.array(fc.constantFrom(0, 0, 0, 7), { maxLength: 2000 }).map((list) => Uint8Array.from(list)),
    // Runs of zeros, longer and shorter than the block that the kernel counts at once.
    fc
      .array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 255 })), { maxLength: 15 })
      .map((runs) => Uint8Array.from(runs.flatMap(([zeros, byte]) => [...new Array(zeros).fill(0), byte]))),
    // The same of any values.
    fc
      .array(fc.tuple(fc.nat(200), fc.constantFrom(0, 1, 0x41, 0xff)), { maxLength: 15 })
      .map((runs) => Uint8Array.from(runs.flatMap(([length, byte]) => new Array<number>(length).fill(byte)))),
  );
  fc.assert(
    fc.property(content, fc.nat(9), (bytes, start) => {
      window.bytes.fill(7).set(bytes, start);
      const counts = new Array(256).fill(0);
      for (const byte of bytes) counts[byte]++;
      expect([...histogram.counts(window, start, bytes.length)]).toEqual(counts);
    }),
    { numRuns: 1000 },
  );
});

it("Histogram counts more bytes of one value than one of its tables can count", () => {
  const long = new ScanWindow(core, 1 << 18);
  for (const value of [0, 0x41]) {
    long.bytes.fill(value).set([1, 2, 3], 100_000);
    const counts = histogram.counts(long, 0, 200_000);
    expect([counts[value], counts[1], counts[2], counts[3]]).toEqual([199_997, 1, 1, 1]);
  }
  long.release();
});

it("Histogram counts after linear memory has grown", () => {
  histogram.counts(window, 0, 10);
  new ScanWindow(core, 1 << 20).release();
  window.bytes.fill(3);
  expect(histogram.counts(window, 0, 10)[3]).toBe(10);
});
