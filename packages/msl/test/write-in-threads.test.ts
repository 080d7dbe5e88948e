import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  BytesSink,
  type CaptureOptions,
  MslSliceReader,
  MslWriter,
  type PlannedBlock,
  pagesOf,
  type Sink,
  type Source,
  transcode,
  type WriterOptions,
  writeCapture,
} from "../src/index.js";
import { BlockWriter } from "../src/write/block-writer.js";
import { writeRegion } from "../src/write/write-region.js";
import { newCapture } from "../src/write/writer-state.js";
import { noise } from "./chained-blocks.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import {
  begin,
  CONNECTION,
  CONTEXT,
  HANDLE,
  HEADER,
  HINT,
  IDENTITY,
  lead,
  MODULE,
  optionsFor,
  PAGE,
  PROCESS,
  RELATED,
  ROW,
  region,
  requireConforming,
  uuidSource,
} from "./write-support.js";

/** Counts the workers that are started and the payloads that they are given. */
const seen = await vi.hoisted(async () => (await import("./support/watched-workers.js")).watchedWorkers());
vi.mock("#threads", async (original) => seen.around(await original()));
beforeEach(() => {
  seen.started = 0;
  seen.jobs = 0;
});

const uuid = (number: number) => `bbbbbbbb-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
/** Page data that compresses a little, different for each number. */
const bytesOf = (length: number, number = 0) => {
  const bytes = new Uint8Array(length).fill(number);
  for (let at = 0; at < length; at += 7) bytes[at] = at * 31 + number;
  return bytes;
};
/** Compares digests, because vitest takes long to show the differences of megabytes. */
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const regionOf = (pages: number, number: number, pageData: Uint8Array = bytesOf(pages * PAGE, number)) => ({
  ...region(pages, BigInt(number) << 32n),
  pageData,
});

/** Blocks of all kinds that are compressed, with others between them; payloads of 1 KiB to 1 MiB. */
function manyKinds(): readonly PlannedBlock[] {
  const many = <T>(entry: T) => new Array<T>(2000).fill(entry);
  const holed = {
    ...region(300),
    pageData: bytesOf(280 * PAGE),
    pages: pagesOf([
      { count: 20, state: "failed" },
      { count: 280, state: "captured" },
    ]),
  };
  return [
    { payload: { kind: "ProcessIdentity", ...IDENTITY } },
    { payload: { kind: "ModuleListIndex", entries: [{ ...MODULE, moduleUuid: uuid(1) }] } },
    { payload: { kind: "SystemContext", ...CONTEXT } },
    { payload: { kind: "ProcessTable", entries: many(PROCESS) } },
    { payload: { kind: "ConnectionTable", entries: many(CONNECTION) }, compression: "lz4" },
    { payload: { kind: "HandleTable", entries: many(HANDLE) }, compression: "none" },
    { payload: { kind: "ConnectivityTable", rows: many(ROW) } },
    { uuid: uuid(1), payload: { kind: "ModuleEntry", ...MODULE }, compression: "zstd" },
    { payload: { kind: "MemoryRegion", ...regionOf(1000, 2) } },
    { payload: { kind: "MemoryRegion", ...regionOf(1000, 3) }, compression: "lz4" },
    { payload: { kind: "MemoryRegion", ...regionOf(1, 4) } },
    { payload: { kind: "MemoryRegion", ...regionOf(500, 5) }, compression: "none" },
    { payload: { kind: "MemoryRegion", ...regionOf(100, 6, noise(100 * PAGE)) }, compression: "auto" },
    { payload: { kind: "MemoryRegion", ...holed }, compression: "zstd-fast", uuid: uuid(2) },
    { payload: { kind: "KeyHint", ...HINT, regionUuid: uuid(2), regionOffset: 5n } },
    { payload: { kind: "RelatedDump", ...RELATED } },
    { payload: { kind: "MemoryRegion", ...regionOf(400, 7, new Uint8Array(400 * PAGE)) }, compression: "auto" },
  ];
}

const NO_MODULES: PlannedBlock = { payload: { kind: "ModuleListIndex", entries: [] } };

async function captureOf(options: Partial<CaptureOptions>): Promise<Uint8Array> {
  const sink = new BytesSink();
  const header = { ...HEADER, investigation: true };
  const common = { header, blocks: manyKinds(), acqEndNs: 5n, compression: "zstd", uuid: uuidSource() } as const;
  await writeCapture(sink, { ...common, ...options });
  return sink.bytes();
}

describe("the number of threads", () => {
  it("writeCapture writes the same bytes with any number of threads", async () => {
    const alone = await captureOf({});
    await requireConforming(alone);
    expect(seen.started).toBe(0);
    for (const threads of [2, 4, "auto"] as const) {
      seen.jobs = 0;
      expect(Buffer.compare(await captureOf({ threads }), alone), `${threads} threads`).toBe(0);
      // Three tables and five regions; the others are small, or stay plain.
      expect(seen.jobs).toBe(8);
    }
    expect(seen.started).toBeGreaterThan(5);
  });

  it("a writer writes the same split regions, of which some fragments stay plain, with any number of threads", async () => {
    const blocks = manyKinds().filter(({ payload }) => payload.kind !== "KeyHint");
    for (const options of [{ splitAbove: 100 * PAGE }, { splitAbove: 300 * PAGE, compressionLimit: 250 * PAGE }]) {
      const alone = await captureOf({ ...options, blocks });
      expect(Buffer.compare(await captureOf({ ...options, blocks, threads: 3 }), alone)).toBe(0);
    }
    expect(seen.jobs).toBeGreaterThan(30);
  });

  it("transcode writes the same bytes with any number of threads, and returns the same report but for the threads", async () => {
    for (const name of READABLE.filter((_, number) => number % 4 === 0)) {
      for (const compression of ["keep", "zstd"] as const) {
        const written = async (threads: number) => {
          const sink = new BytesSink();
          const report = await transcode(fixtureBytes(name), sink, { threads, compression, uuid: uuidSource() });
          return {
            report: { ...report, threads: null, source: { ...report.source, integrity: null } },
            digest: digest(sink.bytes()),
          };
        };
        const outcome = (work: ReturnType<typeof written>) => work.catch((error: Error) => error.message);
        expect(await outcome(written(2)), name).toEqual(await outcome(written(1)));
      }
    }
  });

  it("transcode copies large regions, compressed or plain, to the same bytes with any number of threads", {
    timeout: 120_000,
  }, async () => {
    for (const compression of ["zstd", "lz4", "none"] as const) {
      const source = await captureOf({ compression });
      for (const wanted of ["keep", "zstd-fast", "none"] as const) {
        const written = async (threads: number) => {
          const sink = new BytesSink();
          let fragments = 100;
          const report = await transcode(source, sink, {
            threads,
            compression: wanted,
            splitAbove: 600 * PAGE,
            uuid: () => uuid(++fragments),
          });
          return {
            report: { ...report, threads: null, source: { ...report.source, integrity: null } },
            digest: digest(sink.bytes()),
          };
        };
        expect(await written(4)).toEqual(await written(1));
      }
    }
    expect(seen.jobs).toBeGreaterThan(20);
  });
});

const compressed: Partial<WriterOptions> = { contents: ["MemoryRegion"], compression: "zstd" };
const outcomes = (calls: readonly Promise<unknown>[]) =>
  Promise.all(
    calls.map((call) =>
      call.then(
        () => "written",
        ({ code }) => code,
      ),
    ),
  );

describe.each([1, 2])("calls that are not awaited, with %i threads", (threads) => {
  it("a writer writes the blocks of calls that are not awaited in the order of the calls", async () => {
    const { sink: awaited, writer: patient } = begin(compressed);
    await lead(patient);
    // The first call takes longest.
    const sizes = [3000, 20, 1, 500, 40];
    for (const [number, pages] of sizes.entries()) await patient.memoryRegion(regionOf(pages, number));
    await patient.end();
    const { sink, writer } = begin({ ...compressed, threads });
    const calls = [writer.processIdentity(IDENTITY), writer.moduleListIndex({ entries: [] })];
    const regions = sizes.map((pages, number) => writer.memoryRegion(regionOf(pages, number)));
    const end = writer.end();
    expect((await Promise.all(calls)).map(({ index }) => index)).toEqual([0, 1]);
    expect((await Promise.all(regions)).map(({ blocks }) => blocks[0]?.index)).toEqual([2, 3, 4, 5, 6]);
    expect((await end).blocks).toBe(8);
    expect(digest(sink.bytes())).toBe(digest(awaited.bytes()));
  });

  it("a writer that flushes every block resolves a call that was not awaited when the sink has its block", async () => {
    const { sink, writer } = begin({ ...compressed, threads, flush: "block" });
    await lead(writer);
    const regions = [800, 50, 10].map((pages, number) => writer.memoryRegion(regionOf(pages, number)));
    for (const call of regions) {
      const [block] = (await call).blocks;
      expect(sink.bytes().length).toBeGreaterThanOrEqual((block?.offset ?? 0) + (block?.length ?? 0));
    }
    await writer.end();
  });

  it("a writer refuses the pending calls behind a failed call that was not awaited, and accepts later calls", async () => {
    const { sink, writer } = begin({ ...compressed, threads });
    await lead(writer);
    const short = { ...regionOf(200, 2), pageData: [bytesOf(100)].values() };
    const calls = [regionOf(300, 1), short, regionOf(100, 3)].map((input) => writer.memoryRegion(input));
    const late = writer.end();
    expect(await outcomes([...calls, late])).toEqual(["written", "bad-value", "usage", "usage"]);
    await expect(late).rejects.toThrow(/made without awaiting it: MemoryRegion.pageData ends after 100/);
    await writer.memoryRegion(regionOf(100, 3));
    expect((await writer.end()).blocks).toBe(5);
    await requireConforming(sink.bytes());
  });

  it("a writer rejects all pending calls when the sink fails, the first call with the error of the sink", async () => {
    let written = 0;
    const sink: Sink = {
      write: ({ length }) => {
        written += length;
        if (written > 100_000) throw new Error("no space left");
      },
    };
    const writer = new MslWriter(sink, optionsFor({ ...compressed, compression: "lz4", threads, flush: "block" }));
    await lead(writer);
    const calls = [1, 2, 3, 4].map((number) => writer.memoryRegion(regionOf(200, number, noise(200 * PAGE))));
    expect(await outcomes(calls)).toEqual(["sink", "closed", "closed", "closed"]);
    await expect(writer.end()).rejects.toThrow("The writer has failed and takes no more: The sink failed: no space left");
    await writer.close();
  });

  it("a writer stops a pending call when its signal fires", async () => {
    const { sink, writer } = begin({ ...compressed, threads });
    await lead(writer);
    const controller = new AbortController();
    const { signal } = controller;
    const slow = (async function* () {
      for (let page = 0; page < 2000; page++) {
        if (page === 1000) controller.abort();
        yield bytesOf(PAGE, page);
      }
    })();
    const first = writer.memoryRegion(regionOf(500, 1));
    const stopped = writer.memoryRegion({ ...region(2000), pageData: slow }, { signal });
    expect(await outcomes([first, stopped])).toEqual(["written", "aborted"]);
    await writer.memoryRegion(regionOf(10, 2));
    await writer.end();
    await requireConforming(sink.bytes());
  });

  it("a writer refuses pending calls when the writer is closed, and leaves complete blocks in the file", async () => {
    const { sink, writer } = begin({ ...compressed, threads });
    await lead(writer);
    await writer.memoryRegion(regionOf(10, 1));
    const calls = [2, 3, 4].map((number) => writer.memoryRegion(regionOf(2000, number)));
    await writer.close();
    expect(new Set(await outcomes(calls))).toEqual(new Set(["closed"]));
    const { end } = new MslSliceReader(sink.bytes());
    expect(end.blocks).toBeGreaterThanOrEqual(3);
    expect(end.eocIndex).toBe(null);
  });
});

describe("a writer with threads", () => {
  it("a writer drops the job of an aborted call, also while the job is prepared", async () => {
    const options = optionsFor({ ...compressed, threads: 2 });
    const blocks = new BlockWriter(new BytesSink(), newCapture(options), options);
    const writer = new MslWriter(blocks);
    await lead(writer);
    const input = regionOf(10_000, 1);
    // The semaphore would not admit this number of jobs if an aborted job did not release it.
    for (let jobs = 1; jobs <= 6; jobs++) {
      const controller = new AbortController();
      const call = writer.memoryRegion(input, { signal: controller.signal });
      while (seen.jobs < jobs) await new Promise((resolve) => setTimeout(resolve, 1));
      controller.abort();
      await expect(call).rejects.toMatchObject({ code: "aborted" });
    }
    for (let number = 1; number <= 6; number++) {
      const controller = new AbortController();
      const offered = {
        size: 0,
        take: () => {},
        load: async () => {
          controller.abort();
          await new Promise((resolve) => setTimeout(resolve, 5));
          return [];
        },
      };
      const call = writeRegion(blocks, regionOf(100, number), { signal: controller.signal, offered });
      await expect(call).rejects.toMatchObject({ code: "aborted" });
    }
    await writer.memoryRegion(regionOf(10, 2));
    await writer.end();
  });

  it.each([
    ["fragments", { splitAbove: 64 * PAGE }],
    ["bytes", { splitAbove: 64 * PAGE, compressionLimit: 200 * PAGE }],
  ] as const)("a writer reads page data ahead only up to the limit of %s", async (what, options) => {
    let read = 0;
    const pageData = (function* () {
      for (let page = 0; page < 2000; page++) {
        read++;
        yield bytesOf(PAGE, page);
      }
    })();
    let go = () => {};
    const blocked = new Promise<void>((resolve) => {
      go = resolve;
    });
    // The sink takes the first two blocks, and not the first fragment.
    const sink: Sink = { flushPolicy: "block", write: () => {}, flush: () => (seen.jobs > 0 ? blocked : undefined) };
    const writer = new MslWriter(sink, optionsFor({ ...compressed, ...options, threads: 2 }));
    await lead(writer);
    const call = writer.memoryRegion({ ...region(2000), pageData });
    const waiting = Array.from({ length: 20 }, (_, number) => writer.memoryRegion(regionOf(100, number)));
    await new Promise((resolve) => setTimeout(resolve, 500));
    // A fragment holds 63 pages and their page-state map.
    const held = what === "fragments" ? 4 : 3;
    expect(Math.ceil(read / 63)).toBe(held);
    expect(seen.jobs).toBeLessThanOrEqual(held);
    go();
    expect((await call).blocks).toHaveLength(Math.ceil(2000 / 63));
    expect(read).toBe(2000);
    await Promise.all(waiting);
    await writer.end();
  });

  it("writeCapture reads page data ahead only up to the limit", async () => {
    let begun = 0;
    const pageData = (number: number) =>
      (function* () {
        begun++;
        yield bytesOf(100 * PAGE, number);
      })();
    const blocks: PlannedBlock[] = [...manyKinds().slice(0, 1), NO_MODULES];
    for (let number = 0; number < 50; number++) {
      blocks.push({ payload: { kind: "MemoryRegion", ...region(100, BigInt(number) << 32n), pageData: pageData(number) } });
    }
    let written = 0;
    let most = 0;
    const sink: Sink = {
      flushPolicy: "block",
      write: () => {},
      flush: async () => {
        most = Math.max(most, begun - written++);
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    };
    await writeCapture(sink, { header: HEADER, blocks, compression: "zstd-fast", threads: 2 });
    expect(begun).toBe(50);
    // Four payloads are held. The fifth call has begun, and has read no page data.
    expect(most).toBeLessThanOrEqual(5);
  });

  it("transcode reads page data ahead only up to the limit", async () => {
    const regions = Array.from({ length: 40 }, (_, number) => ({
      payload: { kind: "MemoryRegion", ...regionOf(100, number) } as const,
    }));
    const source = await captureOf({
      header: HEADER,
      blocks: [...manyKinds().slice(0, 1), NO_MODULES, ...regions],
      compression: "none",
    });
    let furthest = 0;
    let flushed = 0;
    let most = 0;
    const counted: Source = {
      size: source.length,
      read: async (offset, length) => {
        if (flushed > 0) furthest = Math.max(furthest, offset + length);
        return source.subarray(offset, offset + length);
      },
    };
    const sink: Sink = {
      flushPolicy: "block",
      write: () => {},
      flush: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (flushed < 30) most = Math.max(most, furthest / (100 * PAGE) - flushed);
        flushed++;
      },
    };
    await transcode(counted, sink, { compression: "zstd-fast", threads: 2, verify: false });
    expect(flushed).toBe(43);
    // Four payloads are held, and the heads of some more regions have been read.
    expect(most).toBeLessThan(12);
  });

  it("a writer runs encoders given by `codecs` in the caller's thread", async () => {
    const { writer } = begin({ ...compressed, threads: 2, codecs: { encodeZstd: () => Uint8Array.of(1, 2, 3) } });
    await lead(writer);
    await expect(writer.memoryRegion(regionOf(100, 1))).rejects.toMatchObject({ code: "internal", block: 2 });
    expect(seen.started).toBe(0);
  });

  it("a writer refuses a value that is not a number of threads", () => {
    for (const threads of [0, -1, 1.5, 65, Number.NaN]) {
      expect(() => begin({ threads })).toThrow(/expected "auto" or an integer from 1 to 64/);
    }
  });
});

describe("workers do not keep a process alive", () => {
  const library = fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const started = `
    const { MslWriter } = await import(${JSON.stringify(library)});
    const sink = { write: () => {} };
    const options = { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], compression: "zstd", threads: 2 };
    const writer = new MslWriter(sink, options);
    const input = { baseAddr: 0n, regionSize: 1n << 22n, protection: 3, regionType: 1, pageSizeLog2: 12, timestampNs: 0n };
    const region = () => writer.memoryRegion({ ...input, pageData: new Uint8Array(1 << 22) });
    await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });`;

  it.each([
    ["by a writer that has ended", "await Promise.all([region(), region()]); await writer.end();"],
    ["by one that is forgotten between blocks", "await Promise.all([region(), region()]);"],
    ["by one that is forgotten while it compresses", "void region(); void region();"],
    ["by one that is closed while it compresses", "region().catch(() => {}); region().catch(() => {}); await writer.close();"],
  ])("%s", (_, rest) => {
    const program = `${started} ${rest} console.log("done");`;
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      timeout: 20_000,
    });
    expect([stdout, stderr, status, signal]).toEqual(["done\n", "", 0, null]);
  });
});
