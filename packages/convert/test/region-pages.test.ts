import { describe, expect, it } from "vitest";
import { DumpRegions } from "../src/dump/dump-regions.js";
import { HeldBytes } from "../src/dump/held-bytes.js";
import { PageBytes } from "../src/dump/page-bytes.js";
import { storedRegions } from "../src/dump/region-pages.js";

/** Byte n of the file is n + 1 modulo 251, so that no two neighbours are alike and zeros are rare. */
const file = Uint8Array.from({ length: 40_000 }, (_, at) => (at % 251) + 1);
const source = {
  size: file.length,
  read: async (offset: number, length: number) => file.slice(offset, offset + length),
};

function regionsOf(extents: readonly (readonly [address: bigint, offset: number, length: number])[]): DumpRegions {
  const regions = new DumpRegions(100);
  regions.add({ start: 0x1000n, size: 0x6000n, protection: 3, type: 5, absent: "failed" });
  for (const [address, offset, length] of extents) regions.addExtent({ address, offset, length });
  return regions;
}

async function stored(regions: DumpRegions) {
  const bytes = new PageBytes(source, regions, await HeldBytes.of(regions, 4096, undefined), undefined);
  const found = [];
  for (const region of storedRegions(regions, 0, 4096, 0n)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes.of(region)) pieces.push(piece.slice());
    found.push({
      runs: [...region.input.pages.runs()].map(({ start, count, state }) => [start, count, state]),
      data: Buffer.concat(pieces),
    });
  }
  return found;
}

describe("a region with one range of bytes, or none", () => {
  const PAGE = 4096n;
  const END = 2n ** 64n;
  const ranges: (readonly [size: bigint, from: bigint, length: bigint])[] = [
    [0x3000n, 0n, 0x3000n],
    [0x3000n, 0x10n, 0x2ff0n],
    [0x3000n, 0xfffn, 0x1002n],
    [0x3000n, 0x1000n, 0x2000n],
    [0x3000n, 0n, 0x2000n],
    [0x3000n, 0n, 0x2001n],
    [0x2801n, 0x2800n, 1n],
    [0x2801n, 0n, 0x2801n],
    [0x3000n, 0n, 0n],
    [0x1000n, 0n, 1n],
  ];

  it.each(ranges)("has a page captured if the range has a byte of it: %i bytes, from %i on %i", (size, from, length) => {
    for (const start of [0x10000n, 0x10010n, END - size]) {
      const regions = new DumpRegions(1);
      regions.add({ start, size, protection: 1, type: 0, absent: "unmapped" });
      if (length > 0n) regions.addExtent({ address: start + from, offset: 7, length: Number(length) });
      const found = [...storedRegions(regions, 0, Number(PAGE), 0n)].flatMap(({ input }) => [...input.pages.states()]);
      const wanted: number[] = [];
      for (let page = 0n; page * PAGE < size && start + (page + 1n) * PAGE <= END; page++) {
        const hasByte = length > 0n && from < (page + 1n) * PAGE && from + length > page * PAGE;
        // Codes of a page-state map: captured 0, unmapped 2.
        wanted.push(hasByte ? 0 : 2);
      }
      expect(found).toEqual(wanted);
    }
  });
});

describe("a region of a dump", () => {
  it("with several ranges of bytes in one page has that page once, with zeros between them", async () => {
    const [region] = await stored(
      regionsOf([
        [0x1100n, 0, 256],
        [0x1800n, 1000, 512],
        [0x1ff0n, 3000, 32],
        [0x4000n, 9000, 4096],
      ]),
    );
    expect(region?.runs).toEqual([
      [0, 2, "captured"],
      [2, 1, "failed"],
      [3, 1, "captured"],
      [4, 2, "failed"],
    ]);
    const expected = Buffer.alloc(3 * 4096);
    expected.set(file.subarray(0, 256), 0x100);
    expected.set(file.subarray(1000, 1512), 0x800);
    expected.set(file.subarray(3000, 3032), 0xff0);
    expected.set(file.subarray(9000, 13_096), 2 * 4096);
    expect(region?.data.equals(expected)).toBe(true);
  });

  it("reads ranges in any order of the file", async () => {
    const [region] = await stored(
      regionsOf([
        [0x1000n, 20_000, 4096],
        [0x2000n, 100, 4096],
        [0x3000n, 24_096, 4096],
      ]),
    );
    const expected = Buffer.concat([file.subarray(20_000, 24_096), file.subarray(100, 4196), file.subarray(24_096, 28_192)]);
    expect(region?.data.equals(expected)).toBe(true);
  });

  it.each([
    [[[0xfffn, 0, 1]]],
    [[[0x6fffn, 0, 2]]],
    [
      [
        [0x2000n, 0, 16],
        [0x200fn, 0, 1],
      ],
    ],
    [[[0x2000n, 0, 0]]],
  ] as const)("refuses ranges outside of it, or that share addresses: %#", (extents) => {
    expect(() => regionsOf(extents as never)).toThrow(expect.objectContaining({ code: "internal" }));
  });
});
