/** Loops over all regions or blocks of a capture: a signal is heard between their slices. */
import { BlockRecords } from "@memslice/core-wasm";
import { describe, expect, it, vi } from "vitest";
import { BlockFlag, BlockType } from "../src/format/codes.js";
import { authorshipOf } from "../src/format/dialects/detect-dialect.js";
import { type Evidence, peekedBlocks } from "../src/format/dialects/evidence.js";
import { openCapture } from "../src/index.js";
import { AddressSpace } from "../src/memory/address-space.js";
import type { BlockRegion } from "../src/memory/block-region.js";
import { JoinedRegion } from "../src/memory/joined-region.js";
import type { Region } from "../src/memory/region.js";
import { RegionTable } from "../src/memory/region-table.js";
import type { BlockIndex } from "../src/read/block-index.js";
import { joinFragments } from "../src/read/continuation.js";
import { hintFlagDeviations, type KeyHint, readKeys } from "../src/read/key-hints.js";
import { type Module, ModuleMap } from "../src/read/modules.js";
import { regionOverlaps } from "../src/read/region-survey.js";
import { runOnBytes } from "../src/read/salvage/moving-window.js";
import { salvageDeviations } from "../src/read/salvage/salvage-deviations.js";
import { salvage } from "../src/read/salvage/salvage-search.js";
import { WalkedBlocks } from "../src/read/walked-blocks.js";
import { runAtOnce } from "../src/sliced-work.js";
import { runInSlices, sortInSlices, TimeSlice } from "../src/source/time-slice.js";
import { captureOf } from "./build-capture.js";

const HEAD = { layout: "1.1", protection: 3, regionType: 5, pageSize: 1, numPages: 1, dataLength: 0, timestampNs: 0n };

let looks = 0;
/** `call` is called at the read of an element with the number `count` (`looks` counts these reads). */
const onLook = { count: 0, call: () => {} };

/** Expects that the work rejects soon after its signal fires. Returns the number of reads of elements before that. */
async function expectHeard(work: (signal: AbortSignal) => Promise<unknown>): Promise<number> {
  const controller = new AbortController();
  looks = 0;
  let before = Number.POSITIVE_INFINITY;
  setTimeout(() => {
    before = looks;
    controller.abort();
  }, 0);
  await expect(work(controller.signal)).rejects.toMatchObject({ code: "aborted" });
  expect(looks - before).toBeLessThan(10_000);
  return before;
}

function regionAt(baseAddr: bigint, regionSize: bigint, index: number): Region {
  const region = {
    get baseAddr() {
      if (++looks === onLook.count) onLook.call();
      return baseAddr;
    },
    regionSize,
    endAddr: baseAddr + regionSize,
    block: { index, offset: 100 * index },
  };
  return region as unknown as Region;
}

async function overlapping(
  regions: readonly Region[],
  signal?: AbortSignal,
): Promise<[block: number | undefined, message: string][]> {
  const found: [number | undefined, string][] = [];
  for await (const { block, message } of regionOverlaps(regions, signal)) found.push([block, message]);
  return found;
}

describe("the regions between two addresses", () => {
  it("are listed in slices: a signal is heard in a list of many, and all of them are found", async () => {
    const COUNT = 300_000;
    const regions = Array.from({ length: COUNT }, (_, i) => regionAt(BigInt(i) * 0x1000n, 0x1000n, i));
    const memory = new AddressSpace(async () => regions);
    const listed = await memory.regionsBetween(0n, 1n << 64n);
    expect([listed.length, listed.every((region, i) => region === regions[i])]).toEqual([COUNT, true]);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(memory.regionsBetween(0n, 1n << 64n, controller.signal)).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("overlapping regions", () => {
  it("an overlapping region is reported with the earlier region that ends last, and adjacent regions are not reported", async () => {
    const regions = [
      regionAt(0x3000n, 0x1000n, 0),
      regionAt(0x1000n, 0x1800n, 1),
      regionAt(0x2000n, 0x100n, 2),
      regionAt(0x2700n, 0x1000n, 3),
      regionAt(0x3000n, 0n, 4),
      regionAt(0x4000n, 0x1000n, 5),
    ];
    expect(await overlapping(regions)).toEqual([
      [2, "The region at 0x2000 overlaps the one in block 1"],
      [3, "The region at 0x2700 overlaps the one in block 1"],
      [0, "The region at 0x3000 overlaps the one in block 3"],
    ]);
  });

  it("an overlap of regions with equal addresses is reported at the later region in the file", async () => {
    expect(await overlapping([regionAt(0n, 8n, 3), regionAt(0n, 8n, 7)])).toEqual([
      [7, "The region at 0x0 overlaps the one in block 3"],
    ]);
  });

  it("overlapping regions are sorted in slices, between which a signal is heard", async () => {
    const regions = Array.from({ length: 200_000 }, (_, i) => regionAt(BigInt((i * 7919) % 200_003), 1n, i));
    await expectHeard((signal) => overlapping(regions, signal));
  });
});

it("regions are sorted by address in slices, between which a signal is heard", async () => {
  const regions = Array.from({ length: 200_000 }, (_, i) => regionAt(BigInt((i * 7919) % 200_003), 1n, i));
  await expectHeard((signal) => RegionTable.of(regions, signal));
});

describe("fragments of one region", () => {
  const first = Object.assign(regionAt(0n, 1n, 0), { head: HEAD }) as unknown as Region;

  /** Blocks 1 to `count`, each of which continues the one before it, in another order than their addresses. */
  function survey(count: number): Parameters<typeof joinFragments> {
    const fragments = Array.from({ length: count }, (_, i) => {
      const region = regionAt(1n + BigInt((i * 7919) % count), 1n, i + 1);
      return { region: Object.assign(region, { head: HEAD }), block: region.block };
    });
    const records = {
      parentUuidBytes: () => new Uint8Array(16),
      type: () => BlockType.MemoryRegion,
      flags: () => BlockFlag.HasChildren,
    };
    const index = { records, length: 0, byTrust: () => [] };
    const found = { index, blocks: [], rows: { at: () => first }, report: () => {}, signal: undefined };
    return [fragments, found] as unknown as Parameters<typeof joinFragments>;
  }

  it("fragments of one region are joined in the order of their addresses", async () => {
    const { regions, absorbed } = await joinFragments(...survey(1000));
    expect(absorbed.size).toBe(1000);
    const joined = regions.get(0);
    expect(joined?.head).toMatchObject({ baseAddr: 0n, regionSize: 1001n, numPages: 1001 });
    expect(joined?.blocks.slice(0, 2).map(({ index }) => index)).toEqual([0, 1]);
  });

  it("fragments of one region are sorted and joined in slices, between which a signal is heard", async () => {
    const count = 200_000;
    const [fragments, found] = survey(count);
    const controller = new AbortController();
    looks = 0;
    // Two reads for each fragment decide whether it continues the first fragment; then the sort begins.
    onLook.count = 2 * count + 50_000;
    onLook.call = () => controller.abort();
    await expect(joinFragments(fragments, { ...found, signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(looks - onLook.count).toBeGreaterThan(0);
    expect(looks - onLook.count).toBeLessThan(count);
  });

  it("the pages of fragments are counted in slices, between which a signal is heard", async () => {
    const regions = Array.from({ length: 200_000 }, (_, i) => ({
      get head() {
        looks++;
        return HEAD;
      },
      baseAddr: BigInt(i),
      regionSize: 1n,
    })) as unknown as Region[];
    await expectHeard((signal) => JoinedRegion.of(first, regions, signal));
  });
});

it("a region that overlaps others is opened no sooner than its first address is reached", async () => {
  const events: string[] = [];
  const regionOf = (base: number, sizes: readonly number[], index: number) => {
    const region = { ...regionAt(BigInt(base), BigInt(sizes.reduce((a, b) => a + b)), index), head: HEAD, salvaged: false };
    const at = { region, state: "captured", dataBase: 0n, heldEnd: 1n << 64n };
    function* stretches() {
      let start = base;
      for (const size of sizes) {
        events.push(`region ${index} at ${start}`);
        yield { ...at, start: BigInt(start), end: BigInt(start + size) };
        start += size;
      }
    }
    const coverage = async () => {
      events.push(`open ${index}`);
      return { stretches };
    };
    return { ...region, coverage } as unknown as Region;
  };
  const all = regionOf(0, Array<number>(1000).fill(10), 0);
  const memory = new AddressSpace(async () => [all, ...Array.from({ length: 999 }, (_, i) => regionOf(10 * i + 10, [5], i + 1))]);
  const ranges: bigint[][] = [];
  for await (const { start, end } of memory.ranges()) ranges.push([start, end]);
  expect(ranges).toEqual([[0n, 10_000n]]);
  for (const i of [1, 500, 999])
    expect(events.indexOf(`open ${i}`)).toBeGreaterThan(events.indexOf(`region 0 at ${10 * (i - 1)}`));
});

it("modules are sorted by address in slices, between which a signal is heard", async () => {
  const modules = Array.from({ length: 200_000 }, (_, i) => ({
    moduleSize: 1n,
    salvaged: false,
    get baseAddr() {
      looks++;
      return BigInt((i * 7919) % 200_003);
    },
  }));
  await expectHeard((signal) => ModuleMap.of(modules as unknown as Module[], signal));
});

it("deviations of the search behind damage are made in slices", () => {
  const blocks = 10_000;
  const bytes = captureOf(Array.from({ length: 2 * blocks }, () => ({ type: 0x777 })));
  // Every second block loses its magic, so that there are as many gaps as blocks found behind gaps.
  for (let block = 1; block < 2 * blocks; block += 2) bytes[64 + 80 * block] = 0x58;
  const walked = new WalkedBlocks(new BlockRecords(), 64, bytes.length, false);
  walked.walk(bytes, 0);
  runOnBytes(salvage(walked, undefined, { blockLimit: Number.POSITIVE_INFINITY }), bytes);
  expect(walked.gaps).toHaveLength(blocks - 1);
  let slices = 0;
  const work = salvageDeviations(walked);
  let step = work.next();
  for (; !step.done; step = work.next()) slices++;
  expect(slices).toBeGreaterThan((2 * blocks) / 2048 - 1);
  // 1,000 deviations are listed; one more gives the number of the others.
  expect(step.value).toHaveLength(1001);
});

describe("keys", () => {
  it("keys are sorted by their places in slices, between which a signal is heard", async () => {
    const region = {} as BlockRegion;
    const places = Array.from({ length: 200_000 }, (_, i) => ({
      region,
      length: 1,
      get offset() {
        looks++;
        return (i * 7919) % 200_003;
      },
    }));
    // Sorting all keys reads six million offsets; a slice ends far earlier, whatever the clock says.
    expect(await expectHeard((signal) => readKeys(places, new TimeSlice(signal), signal))).toBeLessThan(2_000_000);
  });

  it("100,000 key hints are counted by region in portions", () => {
    const hint = {
      get region() {
        looks++;
        return undefined;
      },
    };
    const records = { count: 0, type: () => 0, flags: () => 0 };
    const index = { records, end: { eocIndex: null } } as unknown as BlockIndex;
    const hints = Array<KeyHint>(100_000).fill(hint as unknown as KeyHint);
    looks = 0;
    for (const _ of hintFlagDeviations(index, hints)) {
      expect(looks).toBeLessThan(10_000);
      looks = 0;
    }
    expect(looks).toBeLessThan(10_000);
  });
});

/** Items of the lists below: a prime number, so that multiples of a number below it are in another order. */
const COUNT = 1009;
const LEAVES = 1024;
const shuffled = (i: number) => (i * 500) % COUNT;

/** How often work asks whether its slice is spent. At question number `stopAt` the answer is yes, and the signal fires. */
async function questionsOf(work: (signal: AbortSignal) => Promise<unknown>, stopAt = 0): Promise<number> {
  const controller = new AbortController();
  let questions = 0;
  const spent = vi.spyOn(TimeSlice.prototype, "isSpent").mockImplementation(() => {
    if (++questions === stopAt) controller.abort();
    return questions === stopAt;
  });
  try {
    await work(controller.signal);
  } finally {
    spent.mockRestore();
  }
  return questions;
}

/** Questions of a sort of the numbers below `COUNT`, given in this order, by `shuffled`. */
const questionsOfSort = (order: readonly number[]) =>
  questionsOf(() => sortInSlices(Uint32Array.from(order), (a, b) => shuffled(a) < shuffled(b), new TimeSlice(undefined)));

describe("each of the loops over a list asks once for each item whether it is time for a pause", () => {
  const numbers = Array.from({ length: COUNT }, (_, i) => i);
  const regions = numbers.map((i) => Object.assign(regionAt(BigInt(shuffled(i)), 1n, i), { head: HEAD }));
  const modules = numbers.map((i) => ({ moduleSize: 1n, salvaged: false, baseAddr: BigInt(shuffled(i)) }));
  const keyRegion = { readPageData: async (_: number, length: number) => new Uint8Array(length) } as unknown as BlockRegion;
  const fragments = (signal: AbortSignal) => {
    const first = Object.assign(regionAt(-1n, 1n, 0), { head: HEAD });
    const records = {
      parentUuidBytes: () => new Uint8Array(16),
      type: () => BlockType.MemoryRegion,
      flags: () => BlockFlag.HasChildren,
    };
    const list = regions.map((region, i) => ({
      region: { ...region, baseAddr: region.baseAddr, endAddr: region.endAddr },
      block: { index: i + 1 },
    }));
    const found = {
      index: { records, length: 0, byTrust: () => [] },
      blocks: [],
      rows: { at: () => first },
      report: () => {},
      signal,
    };
    return joinFragments(...([list, found] as unknown as Parameters<typeof joinFragments>));
  };

  const lists: [string, work: (signal: AbortSignal) => Promise<unknown>, loops: number, sorted: readonly number[]][] = [
    ["regions that may overlap: sort, comparison", (signal) => overlapping(regions, signal), COUNT, numbers],
    [
      "regions by address: extents, sort, leaves, tree",
      (signal) => RegionTable.of(regions, signal),
      2 * COUNT + LEAVES - 1,
      numbers,
    ],
    [
      "modules by address: sort, leaves, tree",
      (signal) => ModuleMap.of(modules as unknown as Module[], signal),
      COUNT + LEAVES - 1,
      numbers.toReversed(),
    ],
    [
      "keys by their places: regions, sort, reading",
      (signal) =>
        readKeys(
          numbers.map((i) => ({ region: keyRegion, offset: shuffled(i), length: 1 })),
          new TimeSlice(signal),
          signal,
        ),
      2 * COUNT,
      numbers,
    ],
    ["fragments: groups, form, sort, neighbours, pages", fragments, 4 * COUNT, numbers],
    ["the pages of fragments", (signal) => JoinedRegion.of(regions[0] as Region, regions, signal), COUNT, []],
  ];

  it.each(lists)("no loop goes without pauses over %s", async (_, work, loops, sorted) => {
    expect(await questionsOf(work)).toBeGreaterThanOrEqual(loops + (await questionsOfSort(sorted)));
  });

  it.each(lists)("an abort is heard in every loop over %s", async (_, work) => {
    const questions = await questionsOf(work);
    for (let stopAt = 1; stopAt <= questions; stopAt += 100) {
      await expect(questionsOf(work, stopAt), `question ${stopAt} of ${questions}`).rejects.toMatchObject({ code: "aborted" });
    }
  });
});

/** Evidence of 20 million blocks of an unknown type. `versionBytes`, `payloadVersion` and the type of the first block select the loop that is tested. */
function evidenceOf(versionBytes: [number, number], payloadVersion: number, first: number): Evidence {
  const look = (value: number) => () => {
    looks++;
    return value;
  };
  const records = {
    count: 20_000_000,
    type: (i: number) => (i === 0 ? look(first)() : look(0x777)()),
    length: look(80),
    flags: look(0),
    payloadVersion: () => payloadVersion,
    indexOfType: () => -1,
    parentUuidBytes: () => new Uint8Array(16),
  };
  const header = { versionBytes, versionMajor: versionBytes[1], versionMinor: versionBytes[0], byteOrder: "little", hashAlgo: 1 };
  const evidence = { records, header, headerBytes: new Uint8Array(64), eocIndex: null, count: records.count, peeked: new Map() };
  return evidence as unknown as Evidence;
}

describe("detection of the program that wrote a capture", () => {
  it.each([
    ["a draft", evidenceOf([0, 1], 1, 0x777)],
    ["memslicer", evidenceOf([0, 1], 1, 0x40)],
  ])("detection of the dialect hears a signal while it looks through the blocks of %s", async (_name, evidence) => {
    await expectHeard((signal) => runInSlices(authorshipOf(evidence), signal));
  });

  it("detection of the dialect hears a signal while it looks for blocks that are not compressed", async () => {
    const { header } = evidenceOf([1, 1], 1, 0x777);
    const records = {
      count: 20_000_000,
      indexOfType: (_type: number, from = 0) => from,
      length: () => 80,
      type: () => 0x50,
      flags: () => {
        looks++;
        return 0x03;
      },
    };
    await expectHeard((signal) => runInSlices(peekedBlocks(header, records as unknown as BlockRecords, null), signal));
  });

  it("detection of the dialect has the same result in slices as at once", async () => {
    const evidence = { ...evidenceOf([0, 1], 1, 0x40), count: 10_000 };
    const atOnce = runAtOnce(authorshipOf(evidence));
    expect(atOnce.dialect.id).toBe("memslicer-0.2.7");
    expect(await runInSlices(authorshipOf(evidence), undefined)).toEqual(atOnce);
  });
});

it("announcedButMissing of an open capture reads no block type again", async () => {
  const bytes = captureOf([{ type: 0x40 }]);
  // Modules, as bit 1 of the CapBitmap.
  bytes[0x10] = 2;
  const capture = await openCapture(bytes);
  const typeOf = vi.spyOn(BlockRecords.prototype, "type");
  expect(capture.announcedButMissing).toEqual(["ModuleList"]);
  expect(typeOf).not.toHaveBeenCalled();
});
