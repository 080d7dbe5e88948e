/** The amount of work for inputs of n and of 4n elements, counted: it grows with n log n at most. */
import { encodeLz4Block } from "@memslice/core-wasm";
import { describe, expect, it, vi } from "vitest";
import { DecodedCache } from "../src/codec/decoded-cache.js";
import { MslSliceReader, openCapture, PageStates } from "../src/index.js";
import { JoinedPages } from "../src/memory/joined-region.js";
import { Heap, OverlapSweep, resolveOverlaps, type Stretch, Tournament } from "../src/memory/overlap-sweep.js";
import { IntervalIndex } from "../src/memory/region-table.js";
import { BytesSource, ConcatenatedSource } from "../src/source/source.js";
import { TimeSlice } from "../src/source/time-slice.js";
import { type BlockSpec, captureOf, PAGE, regionPayload, uuidBytes } from "./build-capture.js";
import { countingSource } from "./counting-source.js";

const [C, F, U] = [0, 1, 2];
const LZ4 = 5;
const KEY_HINT = 0x20;

/** Expects the work for 4n elements to be at most 4 times the work for n, times the growth of the logarithm. */
function expectNearlyLinear(small: number, large: number): void {
  expect(small).toBeGreaterThan(0);
  expect(large / small).toBeLessThan(6);
}

describe("overlapping regions", () => {
  /** The number of reads of stretches while `n` overlapping regions of two stretches each are resolved. */
  function looks(n: number): number {
    let count = 0;
    const stretch = (start: number, end: number, index: number): Stretch => {
      const region = { head: { timestampNs: 0n }, block: { index, salvageEvidence: null } };
      return {
        get start() {
          count++;
          return BigInt(start);
        },
        get end() {
          count++;
          return BigInt(end);
        },
        state: index % 2 === 0 ? "captured" : "failed",
        region: region as unknown as Stretch["region"],
      };
    };
    const lanes = Array.from({ length: n }, (_, i) => [stretch(i, n + i, i), stretch(n + i, 3 * n, i)]);
    let end = 0n;
    for (const { start, end: next } of resolveOverlaps(lanes)) {
      expect(start).toBe(end);
      end = next;
    }
    expect(end).toBe(BigInt(3 * n));
    return count;
  }

  it("resolving overlapping regions reads each stretch about a constant number of times", () => {
    expectNearlyLinear(looks(500), looks(2000));
  });

  it("a heap makes a logarithmic number of comparisons for each element", () => {
    const comparisons = (n: number) => {
      let count = 0;
      const heap = new Heap<number>((a, b) => {
        count++;
        return a < b;
      });
      for (let i = 0; i < n; i++) heap.push((i * 7919) % n);
      const taken: number[] = [];
      for (let next = heap.pop(); next !== undefined; next = heap.pop()) taken.push(next);
      expect(taken).toEqual([...taken].sort((a, b) => a - b));
      expect(taken).toHaveLength(n);
      return count;
    };
    expectNearlyLinear(comparisons(500), comparisons(2000));
  });

  it("a tournament returns the contestant of the highest priority", () => {
    const tournament = new Tournament<{ priority: number }>((a, b) => a.priority > b.priority);
    expect(tournament.best).toBeUndefined();
    const contestants = new Map<number, { priority: number }>();
    let seed = 1;
    for (let i = 0; i < 3000; i++) {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const slots = [...contestants.keys()];
      const slot = slots[seed % slots.length];
      if (slot === undefined || seed % 7 < 3) {
        const contestant = { priority: seed };
        const taken = tournament.takeSlot();
        expect(contestants.has(taken)).toBe(false);
        contestants.set(taken, contestant);
        tournament.set(taken, contestant);
      } else if (seed % 7 === 3) {
        tournament.set(slot, { priority: -1 });
        contestants.set(slot, { priority: -1 });
      } else {
        tournament.freeSlot(slot);
        contestants.delete(slot);
      }
      const best = Math.max(...[...contestants.values()].map(({ priority }) => priority));
      expect(tournament.best?.priority ?? Number.NEGATIVE_INFINITY).toBe(best);
    }
  });

  it("the overlap sweep holds open only the regions that cover the current address", () => {
    const sweep = new OverlapSweep<Stretch>();
    let open = 0;
    let most = 0;
    function* lane(start: number, end: number, index: number): Generator<Stretch> {
      most = Math.max(most, ++open);
      const region = { head: { timestampNs: 0n }, block: { index, salvageEvidence: null } };
      for (let at = start; at < end; at += 10)
        yield { start: BigInt(at), end: BigInt(Math.min(at + 10, end)), state: "captured", region };
      open--;
    }
    const found: string[] = [];
    const tell = (stretches: Iterable<Stretch>) => {
      for (const { start, end, region } of stretches) found.push(`${region.block.index}: ${start}-${end}`);
    };
    sweep.open(lane(0, 1000, 0));
    for (let i = 1; i < 50; i++) {
      tell(sweep.upTo(BigInt(20 * i)));
      sweep.open(lane(20 * i, 20 * i + 5, i));
    }
    tell(sweep.upTo());
    expect(most).toBe(2);
    expect(found.slice(0, 6)).toEqual(["0: 0-10", "0: 10-20", "1: 20-25", "0: 25-30", "0: 30-40", "2: 40-45"]);
    expect(found).toHaveLength(2 + 49 * 3);
    expect([...sweep.upTo()]).toEqual([]);
  });

  it("an interval index finds an interval that starts inside a longer interval", async () => {
    const at = (position: number) =>
      position === 0 ? { start: 0n, end: 1n << 63n } : { start: BigInt(position) * 4096n, end: BigInt(position) * 4096n + 4096n };
    const n = 4000;
    const index = await IntervalIndex.of(n, at, new TimeSlice(undefined));
    const address = BigInt(n - 10) * 4096n;
    expect([...index.overlapping(address, address + 1n)]).toEqual([0, n - 10]);
  });

  it("an interval index agrees with a linear search, also for empty intervals and at the end of the address space", async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed % below;
    };
    const top = 1n << 64n;
    const intervals = Array.from({ length: 60 }, () => {
      const start = BigInt(random(200));
      return { start, end: start + BigInt(random(30)) };
    });
    intervals.push({ start: top - 8n, end: top }, { start: 0n, end: top });
    const index = await IntervalIndex.of(
      intervals.length,
      (i) => intervals[i] ?? { start: 0n, end: 0n },
      new TimeSlice(undefined),
    );
    const order = intervals.map((interval, i) => ({ ...interval, i })).sort((a, b) => Number(a.start - b.start) || a.i - b.i);
    for (let address = 0n; address < 240n; address++) {
      const there = order.filter(({ start, end }) => start < address + 3n && end > address && end > start).map(({ i }) => i);
      expect([...index.overlapping(address, address + 3n)]).toEqual(there);
    }
  });
});

function hint(region: number, offset: number, length: number): BlockSpec {
  const payload = new Uint8Array(48);
  payload.set(uuidBytes(region));
  const view = new DataView(payload.buffer);
  view.setBigUint64(16, BigInt(offset), true);
  view.setUint32(24, length, true);
  return { type: KEY_HINT, payload };
}

function lz4Region(pages: number): BlockSpec {
  const payload = regionPayload({ base: 0x1000n, states: Array(pages).fill(C), fill: 0 });
  for (let at = 4096; at < payload.length; at += 999) payload[at] = at >> 10;
  const block = encodeLz4Block(payload);
  const stored = new Uint8Array(8 + block.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(block, 8);
  return { type: 1, flags: LZ4, payload: stored };
}

describe("key hints", () => {
  it("overlapping key hints at falling offsets read a region that is decompressed in pieces once", async () => {
    const pages = 12_000;
    const region = lz4Region(pages);
    const reads: number[] = [];
    for (const n of [10, 40]) {
      const hints = Array.from({ length: n }, (_, i) => hint(1, (pages - 1 - Math.floor((i * pages) / n)) * PAGE, 3000));
      const near = Array.from({ length: n }, (_, i) => hint(1, 5_000_000 - i, 2000));
      const bytes = captureOf([region, ...hints, ...near]);
      const source = countingSource(bytes);
      const capture = await openCapture(source);
      const found = await capture.keyHints();
      const plain = await capture.memory.read(0x1000n, pages * PAGE);
      for (const { hint: given, candidates } of found) {
        const at = Number(given.regionOffset);
        expect(candidates.map(({ bytes: key }) => Buffer.from(key).toString("hex"))).toEqual([
          Buffer.from(plain.bytes().subarray(at, at + given.keyLen)).toString("hex"),
        ]);
      }
      reads.push(source.ranges.filter(([, length]) => length === region.payload?.length).length);
    }
    expect(reads[1]).toBe(reads[0]);
  });

  it("key hints behind many runs of page states do not walk the runs", async () => {
    const counts: number[] = [];
    for (const n of [200, 800]) {
      const states = Array.from({ length: 4 * n }, (_, page) => (page === 4 * n - 1 ? C : page % 2 === 0 ? F : U));
      const capture = await openCapture(
        captureOf([
          { type: 1, payload: regionPayload({ base: 0x1000n, states, fill: 9 }) },
          ...Array.from({ length: n }, (_, i) => hint(1, i % 1000, 16)),
        ]),
      );
      const runs = vi.spyOn(PageStates.prototype, "runs");
      const ranks = vi.spyOn(PageStates.prototype, "capturedBefore");
      const hints = await capture.keyHints();
      expect(hints[5]?.candidates[0]).toMatchObject({ address: 0x1000n + BigInt((4 * n - 1) * PAGE + 5) });
      expect(runs).not.toHaveBeenCalled();
      counts.push(ranks.mock.calls.length);
      runs.mockRestore();
      ranks.mockRestore();
    }
    expectNearlyLinear(counts[0] ?? 0, counts[1] ?? 0);
  });
});

describe("the cache of decompressed payloads", () => {
  it("payloads without bytes do not make the cache search its entries more often", async () => {
    const looks: number[] = [];
    for (const n of [500, 2000]) {
      let count = 0;
      const cache = new DecodedCache(1000);
      const problem = { id: "CMP-SIZE", at: 0, message: "damaged" } as const;
      for (let i = 0; i < n; i++) {
        await cache.get(`bad ${i}`, async () => ({
          get bytes() {
            count++;
            return undefined;
          },
          problem,
          deviations: [],
        }));
        await cache.get(`good ${i}`, async () => ({ bytes: new Uint8Array(600), deviations: [] }));
      }
      looks.push(count);
    }
    expectNearlyLinear(looks[0] ?? 0, looks[1] ?? 0);
  });
});

describe("look-ups", () => {
  it("moduleAt reads each Module Entry once for all look-ups", async () => {
    const entry = (base: bigint): BlockSpec => {
      const payload = new Uint8Array(24 + 8 + 32 + 8);
      const view = new DataView(payload.buffer);
      view.setBigUint64(0, base, true);
      view.setBigUint64(8, 0x2000n, true);
      view.setUint16(16, 3, true);
      payload.set([0x2f, 0x61], 24);
      return { type: 2, payload };
    };
    const source = countingSource(captureOf([entry(0x1000n), entry(0x2000n), entry(0x2000n), entry(0x9000n)]));
    const capture = await openCapture(source);
    expect((await capture.moduleAt(0x1800n))?.block?.index).toBe(0);
    const before = source.reads.length;
    expect((await capture.moduleAt(0x2800n))?.block?.index).toBe(1);
    expect(await capture.moduleAt(0x5000n)).toBeUndefined();
    expect((await capture.moduleAt(0xafffn))?.baseAddr).toBe(0x9000n);
    expect(source.reads.length).toBe(before);
  });

  it("look-ups in joined page maps read one part, and a joined source returns the bytes of all parts", async () => {
    const touched = async (n: number) => {
      const maps = Array.from({ length: n }, () => ({ pages: new PageStates(new Uint8Array(1), 4) }));
      const joined = await JoinedPages.of(maps, new TimeSlice(undefined));
      const ranks = vi.spyOn(PageStates.prototype, "capturedBefore");
      expect(joined.capturedBefore(4 * n - 3)).toBe(4 * n - 3);
      expect(joined.stateAt(4 * n - 1)).toBe("captured");
      expect([...joined.runs(4 * n - 6, 4 * n - 3)]).toEqual([{ start: 4 * n - 6, count: 3, state: "captured" }]);
      const calls = ranks.mock.calls.length;
      ranks.mockRestore();
      return calls;
    };
    expect([await touched(100), await touched(400)]).toEqual([1, 1]);
    const sources = Array.from({ length: 300 }, (_, i) => new BytesSource(new Uint8Array(i % 3).fill(i)));
    const whole = new ConcatenatedSource(sources);
    const all = await whole.read(0, whole.size);
    expect(all).toEqual(new Uint8Array(sources.flatMap(({ bytes }) => [...bytes])));
    for (let at = 0; at < whole.size; at += 7) expect(await whole.read(at, 1)).toEqual(all.subarray(at, at + 1));
  });
});

it("a read of two compressed regions that alternate page by page decompresses each region once", async () => {
  const pages = 12_000;
  const payloads = [0, 1].map((turn) => {
    const states = Array.from({ length: pages }, (_, page) => (page % 2 === turn || page < pages - 40 ? C : F));
    return regionPayload({ base: 0x1000n, states, fill: turn + 1 });
  });
  const blocks = payloads.map((payload): BlockSpec => {
    const block = encodeLz4Block(payload);
    const stored = new Uint8Array(8 + block.length);
    new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
    stored.set(block, 8);
    return { type: 1, flags: LZ4, payload: stored };
  });
  const bytes = captureOf(blocks);
  const source = countingSource(bytes);
  const capture = await openCapture(source);
  await capture.regions();
  await capture.memory.read(0x1000n, 1);
  const before = source.reads.length;
  const { segments } = await capture.memory.read(0x1000n + BigInt((pages - 40) * PAGE), 40 * PAGE);
  expect(segments.map(({ bytes: page }) => page?.[0])).toEqual(Array.from({ length: 40 }, (_, i) => (i % 2) + 1));
  expect(source.reads.length - before).toBeLessThanOrEqual(4);
  expect([...new MslSliceReader(bytes)]).toHaveLength(2);
});
