import { afterEach, describe, expect, it, vi } from "vitest";
import { fields, MinidumpFixture } from "./fixture.js";
import { imported } from "./imported.js";

const COUNT = 3000;

afterEach(() => vi.unstubAllGlobals());

/** Counts the words of all columns that are made. */
function countedWords(): () => number {
  let made = 0;
  const construct = (column: typeof BigUint64Array, args: [number]) => {
    if (typeof args[0] === "number") made += args[0];
    return Reflect.construct(column, args);
  };
  vi.stubGlobal("BigUint64Array", new Proxy(BigUint64Array, { construct }));
  return () => made;
}

/** A dump of ranges of 16 bytes, each in a page of its own, one behind the other in the file. */
function manyRanges(isDescribed: boolean): Uint8Array {
  const starts = Array.from({ length: COUNT }, (_, at) => BigInt(at) * 0x3000n);
  const fixture = new MinidumpFixture().systemInfo();
  if (isDescribed) fixture.memoryInfo(starts.map((base) => ({ base, size: 0x1000n })));
  return fixture.memory64(starts.map((start) => [start, fields().zeros(16).done()] as const)).done();
}

describe("a minidump with very many ranges", () => {
  it.each([
    // Start and length of a range; start, size and first extent of a region.
    ["not described", false, 5],
    // Start and end of a description besides.
    ["described", true, 7],
  ])("takes no more columns than its ranges and regions have: %s", async (_, isDescribed, columns) => {
    const bytes = manyRanges(isDescribed);
    const words = countedWords();
    const { dump } = await imported(bytes);
    expect(dump.regions.length).toBe(COUNT);
    // Some hundred words are the first rows of columns that grow.
    expect(words()).toBeLessThan(columns * COUNT + 1500);
  });

  it("finds which of them a file that was cut off lacks, in columns", async () => {
    const bytes = manyRanges(false);
    const kept = bytes.length - 16 * (COUNT / 2);
    const { dump, notes } = await imported(bytes.subarray(0, kept), kept);
    expect(dump.regions.extentCount).toBe(COUNT / 2);
    expect(notes.damaged).toEqual([
      `${COUNT / 2} ranges of memory past the end of the file, which ends at ${kept}: ${8 * COUNT} bytes are missing, and their pages failed`,
    ]);
  });
});
