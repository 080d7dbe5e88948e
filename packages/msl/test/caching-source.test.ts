import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { CachingSource, CoalescingSource, type Source } from "../src/index.js";
import { countingSource, shutGate } from "./counting-source.js";
import { patternedBytes } from "./http-server.js";

const BYTES = patternedBytes(100_000);
const KIB = 1024;

describe("a cache", () => {
  it("a cache reads whole pages, adjacent pages in one read, and no page twice", async () => {
    const source = countingSource(BYTES);
    const cache = new CachingSource(source, { pageSize: 1000 });
    expect(await cache.read(5_010, 10)).toEqual(BYTES.slice(5_010, 5_020));
    expect(await cache.read(3_999, 3_000)).toEqual(BYTES.slice(3_999, 6_999));
    expect(await cache.read(3_000, 4_000)).toEqual(BYTES.slice(3_000, 7_000));
    expect(source.ranges).toEqual([
      [5_000, 1_000],
      [3_000, 2_000],
      [6_000, 1_000],
    ]);
  });

  it("the last page of a cache ends where the data ends", async () => {
    const source = countingSource(BYTES.subarray(0, 2_345));
    const cache = new CachingSource(source, { pageSize: 1000 });
    expect(await cache.read(2_300, 45)).toEqual(BYTES.slice(2_300, 2_345));
    expect(source.ranges).toEqual([[2_000, 345]]);
    await expect(cache.read(2_300, 46)).rejects.toMatchObject({ code: "truncated" });
  });

  it("a cache drops the least recently used pages, and stays below its limit", async () => {
    const source = countingSource(BYTES);
    const cache = new CachingSource(source, { pageSize: 100, maxBytes: 1_000 });
    const page = (number: number) => cache.read(number * 100, 1);
    for (let number = 0; number < 20; number += 2) await page(number);
    await page(0);
    await page(500);
    expect(source.reads).toHaveLength(11);
    await page(0);
    expect(source.reads).toHaveLength(11);
    await page(2);
    expect(source.ranges.at(-1)).toEqual([200, 100]);
  });

  it("a cache does not keep long reads: a pass over the data drops no page", async () => {
    const source = countingSource(BYTES);
    const cache = new CachingSource(source, { pageSize: 100, maxBytes: 8_000 });
    await cache.read(50, 10);
    for (let offset = 0; offset < 100_000; offset += 2_000) await cache.read(offset, 2_000);
    expect(source.reads).toHaveLength(51);
    await cache.read(50, 10);
    expect(source.reads).toHaveLength(51);
  });

  it("a cache reads ahead for a reader that moves in small steps, more with every step, up to 64 KiB", async () => {
    const source = countingSource(patternedBytes(KIB * KIB));
    const cache = new CachingSource(source, { pageSize: 256 });
    for (let offset = 0; offset + 90 <= KIB * KIB; offset += 100) await cache.read(offset, 90);
    const lengths = source.ranges.map(([, length]) => length);
    expect(lengths.slice(0, 10)).toEqual([256, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]);
    expect(Math.max(...lengths)).toBe(65_536);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(KIB * KIB);
  });

  it("a cache does not read ahead for a reader that jumps", async () => {
    const source = countingSource(BYTES);
    const cache = new CachingSource(source, { pageSize: 256 });
    for (let i = 0; i < 40; i++) await cache.read((i * 7_919 * 5) % 99_000, 8);
    expect(Math.max(...source.ranges.map(([, length]) => length))).toBeLessThanOrEqual(512);
  });

  it("a cache fetches a page once that several readers want at the same time", async () => {
    const gate = shutGate();
    const source = countingSource(BYTES, gate.wait);
    const cache = new CachingSource(source, { pageSize: 1000 });
    const wanted: [number, number][] = [
      [3_100, 10],
      [1_500, 2_000],
      [2_100, 10],
      [3_900, 1_200],
    ];
    const reads = wanted.map(([offset, length]) => cache.read(offset, length));
    gate.open();
    expect(await Promise.all(reads)).toEqual(wanted.map(([offset, length]) => BYTES.slice(offset, offset + length)));
    expect(source.ranges).toEqual([
      [3_000, 1_000],
      [1_000, 2_000],
      [4_000, 2_000],
    ]);
  });

  it("a cache fetches a page again after its fetch failed", async () => {
    let failures = 1;
    const source = countingSource(BYTES, async () => {
      if (failures-- > 0) throw new Error("once");
    });
    const cache = new CachingSource(source, { pageSize: 1000 });
    const both = await Promise.allSettled([cache.read(0, 10), cache.read(10, 10)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await cache.read(0, 10)).toEqual(BYTES.slice(0, 10));
  });

  it("a cache refuses sizes that are not byte counts", () => {
    const source = countingSource(BYTES);
    for (const options of [
      { pageSize: 0 },
      { pageSize: 1.5 },
      { pageSize: Number.NaN },
      { maxBytes: -1 },
      { maxBytes: Number.NaN },
    ]) {
      expect(() => new CachingSource(source, options)).toThrow(expect.objectContaining({ code: "usage" }));
    }
  });
});

describe("coalescing", () => {
  it("reads that are issued together are merged into one request, and each gets its bytes", async () => {
    const source = countingSource(BYTES);
    const merged = new CoalescingSource(source, { maxGap: 100, maxLength: 5_000 });
    const wanted: [number, number][] = [
      [1_000, 50],
      [0, 10],
      [1_100, 60],
      [1_010, 10],
    ];
    const reads = await Promise.all(wanted.map(([offset, length]) => merged.read(offset, length)));
    expect(reads).toEqual(wanted.map(([offset, length]) => BYTES.slice(offset, offset + length)));
    expect(source.ranges).toEqual([
      [0, 10],
      [1_000, 160],
    ]);
  });

  it("reads of async functions that run side by side are merged", async () => {
    const source = countingSource(BYTES);
    const merged = new CoalescingSource(source);
    await Promise.all(
      [0, 500, 900].map(async (offset) => {
        await null;
        return merged.read(offset, 10);
      }),
    );
    expect(source.ranges).toEqual([[0, 910]]);
  });

  it("a read that is cancelled before the request is sent is not part of the request", async () => {
    const source = countingSource(BYTES);
    const merged = new CoalescingSource(source);
    const controller = new AbortController();
    const reads = [merged.read(0, 10, controller.signal), merged.read(500, 10)];
    controller.abort();
    await expect(reads[0]).rejects.toMatchObject({ code: "aborted" });
    expect(await reads[1]).toEqual(BYTES.slice(500, 510));
    expect(source.ranges).toEqual([[500, 10]]);
  });

  it("reads that follow each other are not merged", async () => {
    const source = countingSource(BYTES);
    const merged = new CoalescingSource(source);
    await merged.read(0, 10);
    await merged.read(10, 10);
    expect(await merged.read(20, 0)).toEqual(new Uint8Array(0));
    expect(source.ranges).toEqual([
      [0, 10],
      [10, 10],
    ]);
  });

  it("a failed request fails its own reads, and no others", async () => {
    const source = countingSource(BYTES, async ({ offset }) => {
      if (offset === 0) throw new Error("bad sector");
    });
    const merged = new CoalescingSource(source, { maxGap: 10 });
    const results = await Promise.allSettled([merged.read(0, 10), merged.read(15, 10), merged.read(5_000, 10)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
    await expect(merged.read(99_999, 2)).rejects.toMatchObject({ code: "truncated" });
  });

  it("a source that throws synchronously fails the reads of its request", async () => {
    const broken: Source = {
      size: 10,
      read() {
        throw new Error("not even a promise");
      },
    };
    await expect(new CoalescingSource(broken).read(0, 1)).rejects.toThrow("not even a promise");
    await expect(new CachingSource(broken).read(0, 1)).rejects.toThrow("not even a promise");
  });

  it("a CoalescingSource refuses limits that are not byte counts", () => {
    const source = countingSource(BYTES);
    expect(() => new CoalescingSource(source, { maxGap: -1 })).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => new CoalescingSource(source, { maxLength: Number.NaN })).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

const WRAPPERS: [string, (source: Source) => Source][] = [
  ["a cache", (source) => new CachingSource(source, { pageSize: 1000 })],
  ["coalescing", (source) => new CoalescingSource(source)],
  ["a cache over coalescing", (source) => new CachingSource(new CoalescingSource(source), { pageSize: 1000 })],
  ["coalescing over a cache", (source) => new CoalescingSource(new CachingSource(source, { pageSize: 1000 }))],
];

describe.each(WRAPPERS)("cancelling through %s", (_name, wrap) => {
  it("a cancelled read rejects at once, and ends the request if no other read waits for it", async () => {
    const source = countingSource(BYTES, shutGate().wait);
    const controller = new AbortController();
    const read = wrap(source).read(0, 10, controller.signal);
    await Promise.resolve();
    await Promise.resolve();
    controller.abort();
    await expect(read).rejects.toMatchObject({ code: "aborted" });
    expect(source.reads.map(({ signal }) => signal?.aborted)).toEqual([true]);
  });

  it("a request continues for the read that still waits for it after another was cancelled", async () => {
    const gate = shutGate();
    const source = countingSource(BYTES, gate.wait);
    const wrapped = wrap(source);
    const controllers = [new AbortController(), new AbortController()];
    const [first, second] = controllers.map(({ signal }) => wrapped.read(0, 10, signal));
    const third = wrapped.read(5, 10);
    await Promise.resolve();
    await Promise.resolve();
    for (const controller of controllers) controller.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    await expect(second).rejects.toMatchObject({ code: "aborted" });
    expect(source.reads.map(({ signal }) => signal?.aborted)).toEqual([false]);
    gate.open();
    expect(await third).toEqual(BYTES.slice(5, 15));
  });

  it("one signal cancels any number of reads, without a warning of the runtime", async () => {
    const warned = vi.fn();
    process.on("warning", warned);
    const wrapped = wrap(countingSource(BYTES, shutGate().wait));
    const controller = new AbortController();
    const reads = Array.from({ length: 50 }, (_, i) => wrapped.read(i * 2_000, 10, controller.signal));
    await Promise.resolve();
    controller.abort();
    const results = await Promise.allSettled(reads);
    expect(results.map((result) => result.status === "rejected" && result.reason.code)).toEqual(Array(50).fill("aborted"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("warning", warned);
    expect(warned).not.toHaveBeenCalled();
  });

  it("a read that comes after all others were cancelled starts a new request", async () => {
    const gate = shutGate();
    const source = countingSource(BYTES, async ({ signal }) => {
      if (source.reads.length === 1) await gate.wait();
      signal?.throwIfAborted();
    });
    const wrapped = wrap(source);
    const controller = new AbortController();
    const early = wrapped.read(0, 10, controller.signal);
    await Promise.resolve();
    await Promise.resolve();
    controller.abort();
    await expect(early).rejects.toMatchObject({ code: "aborted" });
    expect(await wrapped.read(0, 10)).toEqual(BYTES.slice(0, 10));
    expect(source.reads).toHaveLength(2);
    gate.open();
  });

  it("a read with a signal that has already fired reads nothing", async () => {
    const source = countingSource(BYTES);
    await expect(wrap(source).read(0, 10, AbortSignal.abort())).rejects.toMatchObject({ code: "aborted" });
    expect(source.reads).toHaveLength(0);
  });
});

describe.each(WRAPPERS)("reading through %s", (_name, wrap) => {
  it("a wrapper gives the bytes of its source for any reads, one by one and together", async () => {
    const reads = fc.array(fc.tuple(fc.nat(99_999), fc.nat(3_000)), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(reads, { maxLength: 4 }), async (rounds) => {
        const wrapped = wrap(countingSource(BYTES));
        for (const round of rounds) {
          const found = await Promise.all(round.map(([at, length]) => wrapped.read(at, Math.min(length, BYTES.length - at))));
          expect(found.every((bytes, i) => Buffer.compare(bytes, expected(round[i])) === 0)).toBe(true);
        }
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it("a wrapper closes its source, and tells whether the source is metered", async () => {
    let closed = 0;
    const source = { ...countingSource(BYTES), metered: true, close: async () => void closed++ };
    const wrapped = wrap(source);
    expect([wrapped.size, wrapped.metered]).toEqual([100_000, true]);
    await wrapped.close?.();
    expect(closed).toBe(1);
    expect(wrap(countingSource(BYTES)).metered).toBe(false);
  });
});

function expected(read: [number, number] | undefined): Uint8Array {
  const [at, length] = read ?? [0, 0];
  return BYTES.subarray(at, at + length);
}

it("a cache over a CoalescingSource fetches the pages that concurrent readers miss in one request", async () => {
  const source = countingSource(BYTES);
  const cache = new CachingSource(new CoalescingSource(source, { maxGap: 2_000 }), { pageSize: 1000 });
  await cache.read(2_000, 1);
  await Promise.all([cache.read(1_500, 2_000), cache.read(6_000, 10), cache.read(80_000, 10)]);
  expect(source.ranges).toEqual([
    [2_000, 1_000],
    [1_000, 6_000],
    [80_000, 1_000],
  ]);
});
