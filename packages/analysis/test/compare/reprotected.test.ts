/** `compare` of regions that a system cut because part of them was given another protection, against the protection of every page. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChangedRegion, type Comparable, type ComparedRegion, compare } from "../../src/index.js";
import { SparseMemory } from "../support/sparse-memory.js";

const PAGE = 4096n;
const [RW, RX, RWX] = [3, 5, 7];
const [HEAP, STACK, IMAGE, ANONYMOUS] = [1, 2, 3, 4];

interface Page {
  readonly protection: number;
  readonly type?: number;
  /** The system cut here although the page is like the one before it. */
  readonly isCut?: boolean;
}

/** Regions as a system keeps them: cut wherever protection or type differ. */
function regionsOf(base: bigint, pages: readonly Page[]): ComparedRegion[] {
  const regions: { baseAddr: bigint; regionSize: bigint; head: ComparedRegion["head"] }[] = [];
  for (const [i, { protection, type = ANONYMOUS, isCut = false }] of pages.entries()) {
    const last = regions.at(-1);
    if (last && !isCut && last.head.protection === protection && last.head.regionType === type) last.regionSize += PAGE;
    else {
      const head = { protection, regionType: type, pageSize: Number(PAGE) };
      regions.push({ baseAddr: base + BigInt(i) * PAGE, regionSize: PAGE, head });
    }
  }
  return regions;
}

function sideOf(
  regions: readonly ComparedRegion[],
  modules: readonly (readonly [path: string, base: bigint, pages: number])[] = [],
) {
  const stretches = regions.map(({ baseAddr, regionSize }) => ({
    address: baseAddr,
    content: new Uint8Array(Number(regionSize)),
  }));
  return {
    memory: new SparseMemory(stretches),
    regions: async () => regions,
    modules: async () => modules.map(([path, baseAddr, pages]) => ({ path, baseAddr, moduleSize: BigInt(pages) * PAGE })),
  };
}

async function regionChanges(a: Comparable, b: Comparable) {
  const comparison = compare(a, b);
  const found: ChangedRegion[] = [];
  for await (const batch of comparison) found.push(...batch.filter((one) => one.kind === "region"));
  return { found, summary: comparison.summary };
}

/** For example "0x2000 0x2000 4096 3->5". */
const shortly = ({ change, fields, a = 0n, b = 0n, length, before, after }: ChangedRegion) => {
  const heads = fields.includes("protection") ? ` ${before?.head.protection}->${after?.head.protection}` : "";
  const types = fields.includes("type") ? ` type ${before?.head.regionType}->${after?.head.regionType}` : "";
  const what = change === "changed" ? (fields.includes("size") ? " size" : "") : ` ${change}`;
  return `0x${a.toString(16)} 0x${b.toString(16)} ${length}${heads}${types}${what}`;
};

const rw = (pages: number, type = ANONYMOUS): Page[] => Array.from({ length: pages }, () => ({ protection: RW, type }));
const rx = (pages: number, type = ANONYMOUS): Page[] => Array.from({ length: pages }, () => ({ protection: RX, type }));

describe("compare of regions that were given another protection in part", () => {
  it("tells the part, its protections and the regions it lies in, and no region as removed or added", async () => {
    const a = sideOf(regionsOf(0x10000n, rw(4)));
    const b = sideOf(regionsOf(0x10000n, [...rw(1), ...rx(1), ...rw(2)]));
    const { found, summary } = await regionChanges(a, b);
    expect(found).toMatchObject([
      {
        ...{ change: "changed", fields: ["protection"], a: 0x11000n, b: 0x11000n, length: PAGE },
        before: { baseAddr: 0x10000n, regionSize: 4n * PAGE, head: { protection: RW } },
        after: { baseAddr: 0x11000n, regionSize: PAGE, head: { protection: RX } },
      },
    ]);
    expect(summary).toMatchObject({ different: true, regions: { added: 0, removed: 0, changed: 1 }, reprotectedBytes: PAGE });
    expect((await regionChanges(b, a)).found.map(shortly)).toEqual(["0x11000 0x11000 4096 5->3"]);
  });

  it.each<[string, Page[], Page[], string[]]>([
    ["at the start", rw(3), [...rx(1), ...rw(2)], ["0x10000 0x10000 4096 3->5"]],
    ["at the end", rw(3), [...rw(2), ...rx(1)], ["0x12000 0x12000 4096 3->5"]],
    ["of two neighbours, which became one", [...rw(1), ...rx(2)], rw(3), ["0x11000 0x11000 8192 5->3"]],
    ["over a cut that both have", [...rw(2), ...rx(2)], [...rw(1), ...rx(3)], ["0x11000 0x11000 4096 3->5"]],
    [
      "in a region that grew, too",
      rw(3, HEAP),
      [...rw(1, HEAP), ...rx(1, HEAP), ...rw(3, HEAP)],
      ["0x11000 0x11000 4096 3->5", "0x10000 0x10000 20480 size"],
    ],
    [
      "which has another type then",
      rw(3, STACK),
      [...rw(1, STACK), { protection: RWX }, ...rw(1, STACK)],
      ["0x11000 0x11000 4096 3->7 type 2->4"],
    ],
    [
      "twice",
      rw(5),
      [...rw(1), ...rx(1), ...rw(1), ...rx(1), ...rw(1)],
      ["0x11000 0x11000 4096 3->5", "0x13000 0x13000 4096 3->5"],
    ],
  ])("tells it %s", async (_, before, after, expected) => {
    const { found } = await regionChanges(sideOf(regionsOf(0x10000n, before)), sideOf(regionsOf(0x10000n, after)));
    expect(found.map(shortly).sort()).toEqual([...expected].sort());
  });

  it("a region that is cut and otherwise as it was is no difference", async () => {
    const cut = regionsOf(0x10000n, [{ protection: RW }, { protection: RW, isCut: true }]);
    const { found, summary } = await regionChanges(sideOf(regionsOf(0x10000n, rw(2))), sideOf(cut));
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ different: false, complete: true, equalBytes: 2n * PAGE });
  });

  it("neighbours are told as removed and added if no region lies over their border", async () => {
    const two = regionsOf(0x10000n, [...rw(1), ...rx(1)]);
    expect((await regionChanges(sideOf(two), sideOf(two.slice(0, 1)))).found.map(shortly)).toEqual(["0x11000 0x0 4096 removed"]);
    expect((await regionChanges(sideOf(two.slice(1)), sideOf(two))).found.map(shortly)).toEqual(["0x0 0x10000 4096 added"]);
  });

  it("regions that overlap another one of their capture are not joined", async () => {
    const overlapping = regionsOf(0x10000n, [...rw(1), ...rx(1)]).concat(regionsOf(0x10000n, rw(2)));
    const { found } = await regionChanges(sideOf(regionsOf(0x10000n, rw(2))), sideOf(overlapping));
    expect(found.some(({ change }) => change === "added")).toBe(true);
  });

  it("tells it in modules and outside of them when all of them moved", async () => {
    const [code, library, heap, injected] = [0x400000n, 0x7f0000n, 0x900000n, 0xa00000n];
    const sideAt = (moved: bigint, mark: (pages: number, type: number) => Page[]) => {
      const far = moved * 3n;
      return sideOf(
        [
          ...regionsOf(code + moved, [...rx(2, IMAGE), ...rw(2, IMAGE)]),
          ...regionsOf(library + far, [...rx(1, IMAGE), ...mark(3, IMAGE)]),
          // As large as what the heap is cut into: sizes alone would pair the wrong ones.
          ...regionsOf(heap + moved, mark(4, HEAP)),
          ...regionsOf(injected + far, mark(6, ANONYMOUS)),
          ...regionsOf(injected + far + 0x100000n, rw(2)),
        ],
        [
          ["/bin/app", code + moved, 4],
          ["/lib/libc.so", library + far, 4],
        ],
      );
    };
    const cut = (pages: number, type: number) => [...rw(1, type), ...rx(1, type), ...rw(pages - 2, type)];
    const { found, summary } = await regionChanges(sideAt(0n, rw), sideAt(0x1000000n, cut));
    expect(summary).toMatchObject({
      ...{ align: "module", notAlignedBytes: 0n, reprotectedBytes: 3n * PAGE, addedBytes: 0n, removedBytes: 0n },
      regions: { added: 0, removed: 0, changed: 3 },
    });
    expect(found.map(shortly)).toEqual([
      "0x7f2000 0x37f2000 4096 3->5",
      "0x901000 0x1901000 4096 3->5",
      "0xa01000 0x3a01000 4096 3->5",
    ]);
  });

  it("tells exactly the pages whose protection differs, however both captures cut their regions", async () => {
    const page = fc.record({ protection: fc.constantFrom(RW, RX, RWX), isCut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(page, page), { minLength: 1, maxLength: 12 }), async (pages) => {
        // Both sides have no border in common but the ends.
        const [a, b] = [0, 1].map((side) => pages.map((both) => both[side] as Page));
        const before = regionsOf(0x10000n, a ?? []);
        const after = regionsOf(0x10000n, b ?? []);
        const { found, summary } = await regionChanges(sideOf(before), sideOf(after));
        const differing = pages.flatMap(([one, other], i) =>
          one.protection === other.protection ? [] : [`${i} ${one.protection}->${other.protection}`],
        );
        const told = found.flatMap(({ a: start = 0n, length, before: one, after: other }) =>
          Array.from({ length: Number(length / PAGE) }, (_, i) => {
            const index = Number((start - 0x10000n) / PAGE) + i;
            return `${index} ${one?.head.protection}->${other?.head.protection}`;
          }),
        );
        expect(told).toEqual(differing);
        expect(found.every(({ fields }) => fields.join() === "protection")).toBe(true);
        expect(summary.reprotectedBytes).toBe(BigInt(differing.length) * PAGE);
      }),
      { numRuns: 300 },
    );
  });
});
