/** `compare` on generated captures with known changes, and against a comparison byte by byte. */
import { BytesSink, type MemoryState, MslWriter, openCapture, pagesOf, type WriterOptions } from "@memslice/msl";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Comparable, type CompareOptions, compare, type Difference, FlatMemory, type Memory } from "../../src/index.js";
import { stretches } from "../support/arbitrary-memory.js";
import { SparseMemory, type Stretch } from "../support/sparse-memory.js";

type RegionGiven = {
  base: bigint;
  pages: readonly (number | "failed" | "unmapped")[];
  protection?: number;
  type?: "heap" | "stack" | "image" | "anonymous";
  changes?: readonly (readonly [offset: number, bytes: number])[];
};
type ModuleGiven = { baseAddr: bigint; moduleSize: bigint; path: string; version?: string };

const PAGE = 4096;
const KEY = new Uint8Array(32).fill(7);

/** A page of `fill` is bytes that look like any, the same for the same number. */
function pageOf(fill: number): Uint8Array {
  return Uint8Array.from({ length: PAGE }, (_, i) => (fill === 0 ? 0 : (i * fill + (i >> 8)) & 0xff));
}

async function captureOf(regions: readonly RegionGiven[], modules: readonly ModuleGiven[], options: Partial<WriterOptions> = {}) {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, {
    header: { osType: "Linux", archType: "x86_64", pid: 1 },
    contents: [...(modules.length > 0 ? (["ModuleEntry"] as const) : []), "MemoryRegion"],
    ...options,
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n, exePath: "/bin/ls" });
  if (modules.length > 0) await writer.moduleListIndex({ entries: modules.map(({ version: _, ...entry }) => entry) });
  for (const module of modules) await writer.moduleEntry(module);
  for (const { base, pages, protection = 3, type = "anonymous", changes = [] } of regions) {
    const data: Uint8Array[] = [];
    for (const [i, page] of pages.entries()) {
      if (typeof page !== "number") continue;
      const bytes = pageOf(page);
      for (const [offset, length] of changes) {
        for (let at = offset; at < offset + length; at++) {
          if (at >= i * PAGE && at < (i + 1) * PAGE) bytes[at - i * PAGE] = (bytes[at - i * PAGE] ?? 0) ^ 0xff;
        }
      }
      data.push(bytes);
    }
    await writer.memoryRegion({
      baseAddr: base,
      regionSize: BigInt(pages.length * PAGE),
      protection,
      regionType: type,
      pageSizeLog2: 12,
      timestampNs: 0n,
      pages: pagesOf(pages.map((page) => ({ count: 1, state: typeof page === "number" ? "captured" : page }))),
      pageData: data,
    });
  }
  await writer.end();
  return openCapture(sink.bytes(), options.encryption ? { keys: { key: KEY } } : {});
}

async function differencesOf(a: Comparable, b: Comparable, options: CompareOptions = {}) {
  const comparison = compare(a, b, options);
  const found: Difference[] = [];
  for await (const batch of comparison) found.push(...batch);
  return { found, summary: comparison.summary };
}

/** Without the objects of the captures. */
function short(one: Difference) {
  if (one.kind !== "region" && one.kind !== "module") return one;
  const { before: _, after: __, ...rest } = one;
  return rest;
}

const KINDS: readonly (readonly [string, Partial<WriterOptions>])[] = [
  ["plain", {}],
  ["compressed with zstd", { compression: "zstd" }],
  ["compressed with LZ4", { compression: "lz4" }],
  ["encrypted", { encryption: { key: KEY } }],
];

describe("compare", () => {
  it.each(KINDS)("reports exactly the known changes of two captures at different times, %s", async (_, options) => {
    const modules = [
      { baseAddr: 0x400000n, moduleSize: 0x3000n, path: "/bin/app", version: "1.0" },
      { baseAddr: 0x500000n, moduleSize: 0x1000n, path: "/lib/gone.so" },
    ];
    const a = await captureOf(
      [
        { base: 0x10000n, pages: [1, 2, 3, "failed"] },
        { base: 0x20000n, pages: [4, 5], protection: 1 },
        { base: 0x30000n, pages: [6] },
        { base: 0x40000n, pages: [7, 8], type: "heap" },
        { base: 0x400000n, pages: [9, 10, 11], type: "image" },
      ],
      modules,
      options,
    );
    const b = await captureOf(
      [
        {
          base: 0x10000n,
          pages: [1, "unmapped", 3, 0],
          changes: [
            [5, 3],
            [20, 1],
            [100, 1],
            [PAGE * 2 + 1, 1],
          ],
        },
        { base: 0x20000n, pages: [4, 5], protection: 5 },
        { base: 0x40000n, pages: [7, 8, 0], type: "heap" },
        { base: 0x50000n, pages: [12] },
        { base: 0x400000n, pages: [9, 10, 11], type: "image" },
      ],
      [{ baseAddr: 0x400000n, moduleSize: 0x3000n, path: "/bin/app", version: "1.1" }],
      options,
    );
    const { found, summary } = await differencesOf(a, b);
    const page = BigInt(PAGE);
    const state = { kind: "state", length: page };
    expect(found.map(short)).toEqual([
      { kind: "bytes", a: 0x10005n, b: 0x10005n, length: 16n, changed: 4n },
      { kind: "bytes", a: 0x10064n, b: 0x10064n, length: 1n, changed: 1n },
      { ...state, change: "state", a: 0x11000n, b: 0x11000n, from: "captured", to: "unmapped" },
      { kind: "bytes", a: 0x12001n, b: 0x12001n, length: 1n, changed: 1n },
      { ...state, change: "state", a: 0x13000n, b: 0x13000n, from: "failed", to: "captured" },
      { kind: "region", change: "changed", a: 0x20000n, b: 0x20000n, length: 2n * page, fields: ["protection"] },
      { kind: "region", change: "removed", a: 0x30000n, length: page, fields: [] },
      { ...state, change: "removed", a: 0x30000n, b: 0x30000n, from: "captured", to: "absent" },
      { kind: "region", change: "changed", a: 0x40000n, b: 0x40000n, length: 3n * page, fields: ["size"] },
      { ...state, change: "added", a: 0x42000n, b: 0x42000n, from: "absent", to: "captured" },
      { kind: "region", change: "added", b: 0x50000n, length: page, fields: [] },
      { ...state, change: "added", a: 0x50000n, b: 0x50000n, from: "absent", to: "captured" },
      { kind: "module", change: "changed", a: 0x400000n, b: 0x400000n, fields: ["version"] },
      { kind: "module", change: "removed", a: 0x500000n, fields: [] },
    ]);
    const allRegions = { unreadableRegions: 0, regionsMissing: false, cutOff: false };
    expect(summary).toEqual({
      align: "address",
      different: true,
      complete: false,
      equalBytes: 9n * page - 6n,
      changedBytes: 6n,
      changedRanges: 3,
      changedPages: 2n,
      pageSize: PAGE,
      addedBytes: 2n * page,
      removedBytes: page,
      stateChangedBytes: 2n * page,
      notAlignedBytes: 0n,
      regions: { added: 1, removed: 1, changed: 2 },
      reprotectedBytes: 2n * page,
      modules: { added: 0, removed: 1, moved: 0, changed: 1 },
      coverage: {
        a: {
          compared: 9n * page,
          notComparable: 2n * page,
          failed: page,
          missing: 0n,
          overlapped: 0n,
          unmapped: 0n,
          ...allRegions,
        },
        b: {
          compared: 9n * page,
          notComparable: 3n * page,
          failed: 0n,
          missing: 0n,
          overlapped: 0n,
          unmapped: page,
          ...allRegions,
        },
      },
    });
  });

  it.each(KINDS)("reports exactly the known changes of two runs whose modules and regions all moved, %s", async (_, options) => {
    const run = (at: (base: bigint) => bigint, later: boolean) =>
      captureOf(
        [
          { base: at(0x400000n), pages: [1, 2], type: "image", protection: 5, ...(later && { changes: [[0x1800, 40]] }) },
          { base: at(0x402000n), pages: [3], type: "image" },
          { base: at(0x500000n), pages: [4, 5], type: "image" },
          { base: at(0x600000n), pages: [6, 7], type: "heap" },
          { base: at(0x700000n), pages: [8], ...(later && { changes: [[0, 4]] }) },
          { base: at(0x710000n), pages: [9], protection: later ? 1 : 3 },
          ...(later ? [] : [{ base: at(0x720000n), pages: [10, 11, 12] }]),
          // Two against three of one size: nobody can tell which belong together.
          ...(later ? [0x730000n, 0x740000n, 0x750000n] : [0x730000n, 0x740000n]).map((base) => ({
            base: at(base),
            pages: [1, 1, 1, 1],
          })),
          { base: at(0x7f0000n - (later ? 0x1000n : 0n)), pages: later ? [0, 13, 14] : [13, 14], type: "stack" as const },
        ],
        [
          { baseAddr: at(0x400000n), moduleSize: 0x3000n, path: "/bin/app" },
          { baseAddr: at(0x500000n), moduleSize: 0x2000n, path: "/lib/libc.so" },
        ],
        options,
      );
    const a = await run((base) => base, false);
    // The order of both modules is another one, too.
    const moved = (base: bigint) => (base < 0x500000n ? base + 0x5000000n : base + 0x1234000n);
    const b = await run(moved, true);
    const { found, summary } = await differencesOf(a, b, { gap: 0 });
    const ambiguous = {
      kind: "not-comparable",
      length: 0x4000n,
      reason: expect.stringContaining("2 regions of one type and size against 3"),
    };
    expect(found.map(short)).toEqual([
      { kind: "module", change: "changed", a: 0x400000n, b: moved(0x400000n), fields: ["base"] },
      { kind: "bytes", a: 0x401800n, b: moved(0x401800n), length: 40n, changed: 40n },
      { kind: "module", change: "changed", a: 0x500000n, b: moved(0x500000n), fields: ["base"] },
      { kind: "bytes", a: 0x700000n, b: moved(0x700000n), length: 4n, changed: 4n },
      { kind: "region", change: "changed", a: 0x710000n, b: moved(0x710000n), length: 0x1000n, fields: ["protection"] },
      { kind: "region", change: "removed", a: 0x720000n, length: 0x3000n, fields: [] },
      { kind: "state", change: "removed", a: 0x720000n, length: 0x3000n, from: "captured", to: "absent" },
      { ...ambiguous, a: 0x730000n },
      { ...ambiguous, a: 0x740000n },
      { kind: "region", change: "changed", a: 0x7f0000n, b: moved(0x7ef000n), length: 0x3000n, fields: ["size"] },
      { ...ambiguous, b: moved(0x730000n) },
      { ...ambiguous, b: moved(0x740000n) },
      { ...ambiguous, b: moved(0x750000n) },
      { kind: "state", change: "added", b: moved(0x7ef000n), length: 0x1000n, from: "absent", to: "captured" },
    ]);
    expect(summary).toMatchObject({
      align: "module",
      different: true,
      complete: false,
      changedBytes: 44n,
      changedPages: 2n,
      notAlignedBytes: 5n * 0x4000n,
      modules: { added: 0, removed: 0, moved: 2, changed: 0 },
      coverage: {
        a: { compared: 11n * 0x1000n, notComparable: 11n * 0x1000n },
        b: { compared: 11n * 0x1000n, notComparable: 13n * 0x1000n },
      },
    });
  });

  it("finds nothing in a capture that is compared with itself, and says that all of it was compared", async () => {
    const capture = await captureOf(
      [{ base: 0x1000n, pages: [1, "unmapped", 2] }],
      [{ baseAddr: 0x1000n, moduleSize: 1n, path: "x" }],
    );
    for (const align of ["address", "module", "auto"] as const) {
      const { found, summary } = await differencesOf(capture, capture, { align });
      expect(found).toEqual([]);
      expect(summary).toMatchObject({ different: false, complete: true, equalBytes: 0x2000n });
    }
  });

  it("agrees with a comparison byte by byte of any two memories with holes", async () => {
    await fc.assert(
      fc.asyncProperty(stretches(), stretches(), fc.integer({ min: 0, max: 20 }), async (a, b, gap) => {
        const { found, summary } = await differencesOf(sideOf(a), sideOf(b), { gap });
        expect(found).toEqual(naive(a, b, gap));
        const changed = found.reduce((sum, one) => sum + (one.kind === "bytes" ? one.changed : 0n), 0n);
        expect(summary).toMatchObject({ changedBytes: changed, different: found.length > 0 });
        expect(summary.equalBytes + changed).toBe(summary.coverage.a.compared);
      }),
      { numRuns: 300 },
    );
  });

  it("joins a range across the borders of windows, at both ends of the address space", async () => {
    const bytes = new Uint8Array((3 << 20) + 77);
    const other = bytes.slice().fill(1, (1 << 20) - 9, (2 << 20) + 9);
    other[0] = 1;
    other[other.length - 1] = 1;
    for (const base of [0n, (1n << 64n) - BigInt(bytes.length)]) {
      const { found, summary } = await differencesOf(
        { memory: new FlatMemory(bytes, base) },
        { memory: new FlatMemory(other, base) },
      );
      const at = (offset: number) => ({ a: base + BigInt(offset), b: base + BigInt(offset) });
      expect(found).toEqual([
        { kind: "bytes", ...at(0), length: 1n, changed: 1n },
        { kind: "bytes", ...at((1 << 20) - 9), length: BigInt((1 << 20) + 18), changed: BigInt((1 << 20) + 18) },
        { kind: "bytes", ...at(bytes.length - 1), length: 1n, changed: 1n },
      ]);
      expect(summary.changedRanges).toBe(3);
    }
  });

  it("lists differences up to the limit and counts all of them", async () => {
    const a = new FlatMemory(new Uint8Array(100), 0n);
    const b = new FlatMemory(
      Uint8Array.from({ length: 100 }, (_, i) => i & 1),
      0n,
    );
    const { found, summary } = await differencesOf({ memory: a }, { memory: b }, { gap: 0, limit: 3 });
    expect(found.map((one) => one.a)).toEqual([1n, 3n, 5n]);
    expect(summary.changedRanges).toBe(50);
  });

  it("reads nothing of the sparse parts of a region of 1 TiB", async () => {
    const hole = { length: 2 ** 40, state: "failed" as const };
    const side = (fill: number) => [
      { address: 0n, content: new Uint8Array(10).fill(fill) },
      { address: 10n, content: hole },
      { address: 10n + (1n << 40n), content: new Uint8Array(10).fill(fill) },
    ];
    const { found } = await differencesOf(sideOf(side(1)), sideOf(side(2)));
    expect(found.map((one) => [one.kind, one.a])).toEqual([
      ["bytes", 0n],
      ["bytes", 10n + (1n << 40n)],
    ]);
  });

  it("ends with `aborted` when its signal fires", async () => {
    // Would take minutes: the signal alone can end it.
    const memory: Memory = {
      async *ranges() {
        yield { start: 0n, end: 1n << 40n };
      },
      readInto: async (bytes, address) => ({ segments: [{ address, length: bytes.length, state: "captured", bytes }] }),
    };
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const aborted = differencesOf({ memory }, { memory }, { signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  });

  it("refuses options that make no sense, and tells no summary before its end", async () => {
    const side = { memory: new FlatMemory(new Uint8Array(1), 0n) };
    expect(() => compare(side, side, { gap: 1024 })).toThrow(/0 to 1023/);
    expect(() => compare(side, side).summary).toThrow(/has ended/);
    await expect(differencesOf(side, side, { align: "module" })).rejects.toThrow(/No module is in both/);
  });
});

function sideOf(list: readonly Stretch[]): Comparable {
  return { memory: new SparseMemory(list) };
}

/** Byte by byte over all addresses. */
function naive(a: readonly Stretch[], b: readonly Stretch[], gap: number): Difference[] {
  const found: Difference[] = [];
  let end = 0n;
  for (const { address, content } of [...a, ...b]) {
    const stop = address + BigInt(content.length);
    if (stop > end) end = stop;
  }
  const at = (list: readonly Stretch[], address: bigint) => {
    const one = list.find((stretch) => stretch.address <= address && address < stretch.address + BigInt(stretch.content.length));
    if (!one) return "absent" as const;
    return one.content instanceof Uint8Array ? (one.content[Number(address - one.address)] ?? 0) : one.content.state;
  };
  const stateOf = (value: number | MemoryState): MemoryState => (typeof value === "number" ? "captured" : value);
  let comparable = 0n;
  for (let address = 0x1000n; address < end; address++) {
    const [first, second] = [at(a, address), at(b, address)];
    const [from, to] = [stateOf(first), stateOf(second)];
    const last = found.at(-1);
    if (from === "captured" && to === "captured") {
      if (first === second) continue;
      const stop = last?.kind === "bytes" ? last.a + last.length : 0n;
      if (last?.kind === "bytes" && last.a >= comparable && address - stop <= BigInt(gap))
        found[found.length - 1] = { ...last, length: address + 1n - last.a, changed: last.changed + 1n };
      else found.push({ kind: "bytes", a: address, b: address, length: 1n, changed: 1n });
      continue;
    }
    comparable = address + 1n;
    if (from === to) continue;
    if (last?.kind === "state" && (last.a ?? 0n) + last.length === address && last.from === from && last.to === to)
      found[found.length - 1] = { ...last, length: last.length + 1n };
    else {
      const change = from === "absent" ? "added" : to === "absent" ? "removed" : "state";
      found.push({ kind: "state", change, a: address, b: address, length: 1n, from, to });
    }
  }
  return found;
}
