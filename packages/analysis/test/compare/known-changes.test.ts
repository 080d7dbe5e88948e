/** `compare` of memories whose changes are known because they were made, when all modules moved; and of modules that make no sense. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Comparable, type ComparedModule, type ComparedRegion, compare, type Difference } from "../../src/index.js";
import { SparseMemory, type Stretch } from "../support/sparse-memory.js";

const PAGE = 4096;
const bytesOf = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 7)) & 0xff);

interface Place {
  readonly base: bigint;
  readonly bytes: Uint8Array;
  readonly type: number;
  readonly path?: string;
}

function sideOf(places: readonly Place[], modules?: readonly ComparedModule[]): Comparable {
  const sorted = [...places].sort((a, b) => (a.base < b.base ? -1 : 1));
  const regions: ComparedRegion[] = sorted.map(({ base, bytes, type }) => ({
    baseAddr: base,
    regionSize: BigInt(bytes.length),
    head: { protection: 3, regionType: type, pageSize: PAGE },
  }));
  const own = sorted.flatMap(({ base, bytes, path }) =>
    path === undefined ? [] : [{ baseAddr: base, moduleSize: BigInt(bytes.length), path }],
  );
  const memory = new SparseMemory(sorted.map(({ base, bytes }): Stretch => ({ address: base, content: bytes })));
  return { memory, regions: async () => regions, modules: async () => modules ?? own };
}

async function differencesOf(a: Comparable, b: Comparable, align: "auto" | "module" = "auto") {
  const comparison = compare(a, b, { gap: 0, align });
  const found: Difference[] = [];
  for await (const batch of comparison) found.push(...batch);
  return { found, summary: comparison.summary };
}

/** Shifts `values` to other places, so that all of them move. */
const slots = (count: number, from: number) =>
  fc.shuffledSubarray(
    Array.from({ length: count }, (_, i) => from + i),
    { minLength: count },
  );

describe("compare", () => {
  it("reports exactly the changes that were made, when all modules and regions moved", async () => {
    const place = fc.record({ pages: fc.integer({ min: 1, max: 3 }), seed: fc.integer({ min: 1, max: 250 }) });
    const change = fc.record({
      place: fc.nat(),
      offset: fc.nat(),
      length: fc.integer({ min: 1, max: 5000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { minLength: 1, maxLength: 5 }),
        fc.array(place, { maxLength: 4 }),
        fc.array(change, { maxLength: 8 }),
        slots(5, 1),
        slots(5, 11),
        async (images, others, changes, before, after) => {
          const at = (slot: number | undefined) => BigInt(slot ?? 0) << 20n;
          const a: Place[] = images.map(({ pages, seed }, i) => ({
            base: 0x400000n + at(before[i]),
            bytes: bytesOf(pages * PAGE, seed),
            type: 3,
            path: `/lib/${i}.so`,
          }));
          // Each of a type of its own, so that nothing is ambiguous; in the order of their addresses on both sides.
          for (const [i, { pages, seed }] of others.entries())
            a.push({ base: 0x7f0000000000n + at(i), bytes: bytesOf(pages * PAGE, seed), type: 4 + i });
          const b = a.map(
            (one, i): Place => ({
              ...one,
              bytes: one.bytes.slice(),
              base: i < images.length ? 0x90000000n + at(after[i]) : one.base + 0x1230000n,
            }),
          );
          for (const { place: index, offset, length } of changes) {
            const bytes = b[index % b.length]?.bytes ?? new Uint8Array();
            for (let i = offset % bytes.length; i < bytes.length && length > i - (offset % bytes.length); i++)
              bytes[i] = (bytes[i] ?? 0) ^ 0x5a;
          }
          const expected: { a: bigint; text: string }[] = [];
          for (const [i, { base, bytes, path }] of a.entries()) {
            const other = b[i];
            if (!other) continue;
            if (path !== undefined) expected.push({ a: base, text: `module ${base} ${other.base} base` });
            for (let from = 0; from < bytes.length; from++) {
              if (bytes[from] === other.bytes[from]) continue;
              let to = from;
              while (to < bytes.length && bytes[to] !== other.bytes[to]) to++;
              expected.push({
                a: base + BigInt(from),
                text: `bytes ${base + BigInt(from)} ${other.base + BigInt(from)} ${to - from}`,
              });
              from = to;
            }
          }
          expected.sort((one, two) => (one.a < two.a ? -1 : one.a > two.a ? 1 : 0));
          const { found, summary } = await differencesOf(sideOf(a), sideOf(b));
          const text = (one: Difference) => {
            if (one.kind === "bytes") return `bytes ${one.a} ${one.b} ${one.changed === one.length ? one.length : "joined"}`;
            return one.kind === "module" ? `module ${one.a} ${one.b} ${one.fields.join()}` : JSON.stringify(one.kind);
          };
          expect(found.map(text)).toEqual(expected.map((one) => one.text));
          expect(summary).toMatchObject({ align: "module", complete: true, notAlignedBytes: 0n });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("compares each byte once and counts every byte, whatever modules say: overlapping, twice under one name, of other sizes", async () => {
    const module = fc.record({
      baseAddr: fc.integer({ min: 0, max: 40 }).map((i) => 0x1000n + BigInt(i) * 64n),
      moduleSize: fc.constantFrom(0n, 1n, 63n, 64n, 200n, 1000n, 1n << 63n),
      path: fc.constantFrom("/a.so", "/b.so", "/x/b.so", ""),
    });
    const memory = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 250 })), { minLength: 1, maxLength: 4 })
      .map((list) => {
        const places: Place[] = [];
        let base = 0x1000n;
        for (const [gap, seed] of list) {
          base += BigInt(gap) * 64n;
          places.push({ base, bytes: bytesOf(400 + seed, seed), type: seed % 3 });
          base += BigInt(400 + seed);
        }
        return places;
      });
    const modules = fc.array(module, { maxLength: 5 });
    const byteAt = (places: readonly Place[], address: bigint) => {
      const one = places.find(({ base, bytes }) => base <= address && address < base + BigInt(bytes.length));
      return one?.bytes[Number(address - one.base)];
    };
    await fc.assert(
      fc.asyncProperty(memory, memory, modules, modules, async (a, b, ofA, ofB) => {
        // A module that both have, so that they can be aligned.
        const common = { baseAddr: 0x900000n, moduleSize: 1n, path: "/common" };
        const { found, summary } = await differencesOf(
          sideOf(a, [...ofA, common]),
          sideOf(b, [...ofB, { ...common, baseAddr: 0x910000n }]),
          "module",
        );
        const seen = { a: new Set<bigint>(), b: new Set<bigint>() };
        let changed = 0n;
        for (const one of found) {
          if (one.kind === "module" || one.kind === "region") continue;
          for (const [side, start] of [
            ["a", one.a],
            ["b", one.b],
          ] as const) {
            if (
              start === undefined ||
              (one.kind === "state" && (side === "a" ? one.change === "added" : one.change === "removed"))
            )
              continue;
            let twice = 0;
            for (let i = 0n; i < one.length; i++) {
              if (seen[side].has(start + i)) twice++;
              seen[side].add(start + i);
            }
            expect(twice).toBe(0);
          }
          if (one.kind !== "bytes") continue;
          let differing = 0n;
          for (let i = 0n; i < one.length; i++) {
            const [first, second] = [byteAt(a, one.a + i), byteAt(b, one.b + i)];
            if (first !== undefined && second !== undefined && first !== second) differing++;
          }
          expect(differing).toBe(one.length);
          changed += one.changed;
        }
        expect(summary.changedBytes).toBe(changed);
        for (const [side, places] of [
          ["a", a],
          ["b", b],
        ] as const) {
          const all = places.reduce((sum, { bytes }) => sum + BigInt(bytes.length), 0n);
          const { compared, notComparable } = summary.coverage[side];
          expect(compared + notComparable).toBe(all);
          expect(summary.equalBytes + changed).toBe(compared);
          // What was not compared is listed: as added, removed or not comparable.
          expect(BigInt(seen[side].size)).toBe(changed + notComparable);
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
