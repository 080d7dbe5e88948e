/** Regions that share addresses: what reads by address do not give, and the memory of one region alone. */
import { BytesSink, MslWriter, openCapture, pagesOf, type Region } from "@memslice/msl";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlappedParts, overlappedRegions, regionMemory, search, textPattern } from "../src/index.js";

const PAGE = 4096;
const BASE = 0x10000;

interface PlannedRegion {
  /** The first page of the region. */
  readonly first: number;
  readonly states: readonly ("captured" | "failed")[];
  readonly time: number;
}

/** Each captured page of region number i has the bytes i + 1. */
async function captureOf(regions: readonly PlannedRegion[]) {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: regions.length > 0 ? ["MemoryRegion"] : [],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  for (const [i, { first, states, time }] of regions.entries()) {
    await writer.memoryRegion({
      ...{ baseAddr: BigInt(BASE + first * PAGE), regionSize: BigInt(states.length * PAGE), protection: 3, regionType: "heap" },
      ...{ pageSizeLog2: 12, timestampNs: BigInt(time), pages: pagesOf(states.map((state) => ({ count: 1, state }))) },
      pageData: new Uint8Array(states.filter((state) => state === "captured").length * PAGE).fill(i + 1),
    });
  }
  await writer.end();
  return openCapture(sink.bytes());
}

const planned = fc.array(
  fc.record({
    first: fc.nat(6),
    states: fc.array(fc.constantFrom("captured" as const, "failed" as const), { minLength: 1, maxLength: 5 }),
    time: fc.nat(2),
  }),
  { maxLength: 5 },
);

/** The region that each page is read from, by the rule of FORMAT: a captured page before others, then the later time, then the later block. */
function ownersOf(regions: readonly PlannedRegion[]): Map<number, number> {
  const owners = new Map<number, number>();
  const rank = (i: number, page: number): readonly number[] => {
    const region = regions[i];
    return [region?.states[page - region.first] === "captured" ? 1 : 0, region?.time ?? 0, i];
  };
  for (const [i, { first, states }] of regions.entries()) {
    for (let page = first; page < first + states.length; page++) {
      const other = owners.get(page);
      const isBetter = other === undefined || rank(i, page).join() > rank(other, page).join();
      if (isBetter) owners.set(page, i);
    }
  }
  return owners;
}

describe("overlapped bytes", () => {
  it("are the captured bytes that reads by address take from other regions, for any regions and range", async () => {
    await fc.assert(
      fc.asyncProperty(planned, fc.nat(12), fc.nat(12), async (regions, one, other) => {
        const capture = await captureOf(regions);
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const owners = ownersOf(regions);
        const wanted = new Map<number, bigint>();
        const parts = regions.map(() => new Set<number>());
        for (const [i, { first, states }] of regions.entries()) {
          for (const [at, state] of states.entries()) {
            const page = first + at;
            if (owners.get(page) === i) continue;
            parts[i]?.add(page);
            if (state === "captured" && page >= from && page < to) wanted.set(i, (wanted.get(i) ?? 0n) + BigInt(PAGE));
          }
        }
        const numberOf = ({ block }: Region) => block.index - 2;
        const address = (page: number) => BigInt(BASE + page * PAGE);
        const found = await overlappedRegions(capture.memory, address(from), address(to));
        expect(new Map(found.map(({ region, bytes }) => [numberOf(region), bytes]))).toEqual(wanted);
        const taken = await overlappedParts(capture.memory, 100);
        const bounded = await overlappedParts(capture.memory, 1);
        for (const region of await capture.regions()) {
          const pages = new Set<number>();
          const own = taken.get(region);
          for (const { start, end } of own?.parts ?? [])
            for (let at = start; at < end; at += BigInt(PAGE)) pages.add((Number(at) - BASE) / PAGE);
          expect(pages).toEqual(parts[numberOf(region)]);
          expect(own?.bytes).toBe(pages.size === 0 ? undefined : BigInt(pages.size * PAGE));
          for (const [i, { end }] of own?.parts.entries() ?? []) expect(own?.parts[i + 1]?.start).not.toBe(end);
          expect(bounded.get(region)).toEqual(own && { ...own, parts: own.parts.slice(0, 1) });
          const { segments } = await regionMemory(capture, region).read(region.baseAddr, Number(region.regionSize));
          for (const { state, bytes } of segments) {
            expect(state).not.toBe("absent");
            expect(bytes?.every((byte) => byte === numberOf(region) + 1) ?? true).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("make the coverage of a question incomplete, and are found in the memory of their region", async () => {
    const captured = ["captured", "captured"] as const;
    const capture = await captureOf([
      { first: 0, states: captured, time: 5 },
      { first: 0, states: ["captured"], time: 9 },
    ]);
    const asked = search(capture.memory, [textPattern("\u0001\u0001")]);
    let count = 0;
    for await (const matches of asked) count += matches.length;
    expect(count).toBe(PAGE - 1);
    expect(asked.coverage).toMatchObject({ searched: BigInt(2 * PAGE), complete: false });
    expect(asked.coverage.notSearched.overlapped).toBe(BigInt(PAGE));
    const [first] = await capture.regions();
    if (!first) throw new Error("The capture has no region");
    const alone = search(regionMemory(capture, first), [textPattern("\u0001\u0001")]);
    count = 0;
    for await (const matches of alone) count += matches.length;
    expect(count).toBe(2 * PAGE - 1);
    expect(alone.coverage).toMatchObject({ searched: BigInt(2 * PAGE), complete: true });
  });

  it("of many regions over the same addresses are counted in one sweep", async () => {
    const capture = await captureOf(
      Array.from({ length: 1500 }, (_, i) => ({ first: i % 3, states: ["captured"] as const, time: i })),
    );
    let looks = 0;
    const counted = {
      regionsBetween: (from: bigint, to: bigint) => capture.memory.regionsBetween(from, to),
      owners: (from?: bigint, to?: bigint) => {
        looks++;
        return capture.memory.owners(from, to);
      },
    };
    const found = await overlappedRegions(counted);
    expect(found).toHaveLength(1497);
    expect(looks).toBe(3);
    expect((await overlappedParts(counted, 10)).size).toBe(1497);
    expect(looks).toBe(6);
  });
});
