/** The hashes of plain captures by workers: the same bytes as by the caller's thread, whatever becomes of the workers. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SharedWindows } from "@memslice/core-wasm";
import { beforeEach, expect, it, vi } from "vitest";
import {
  BytesSink,
  MslError,
  MslWriter,
  pagesOf,
  type Sink,
  type ThreadUse,
  verifyCapture,
  type WriterOptions,
} from "../src/index.js";
import { BytesSource } from "../src/source/source.js";
import type { RunningThread } from "../src/threads/threads.js";
import { noise } from "./chained-blocks.js";
import { concatenated } from "./vectors.js";
import { KEY } from "./write-encrypted.js";
import { begin, HEADER, lead, optionsFor, region, uuidSource } from "./write-support.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/** What the workers were asked for, and what the test does to them. */
const seen = await vi.hoisted(async () => (await import("./support/watched-workers.js")).watchedWorkers(8));
vi.mock("#threads", async (original) => seen.around(await original()));
beforeEach(() => {
  Object.assign(seen, { available: 8, started: 0, jobs: 0, terminated: 0, beforeJob: () => {}, refuse: false, silent: false });
  uses.length = 0;
});

/** The threads of the captures that a test has written. */
const uses: ThreadUse[] = [];

const NOISE = noise(33 * MIB, 5);
/** Page data of a region, which begins at another byte of the noise for each address. */
const dataOf = (length: number, address: number) => NOISE.subarray(address % 8, (address % 8) + length);

async function putRegion(writer: MslWriter, address: number, length: number, pieces: readonly number[] = []): Promise<void> {
  const data = dataOf(length, address);
  let at = 0;
  const parts = [...pieces, length].map((size) => {
    at += size;
    return data.subarray(at - size, at);
  });
  const pages = { regionSize: BigInt(length), pageSizeLog2: 10, pageData: parts };
  await writer.memoryRegion({ ...region(0, BigInt(address) * 0x1000_0000n), ...pages });
}

/**
 * Page data of a large region. Where workers are starting, waits until they have begun: this thread would otherwise have hashed all bytes of a
 * test before.
 */
async function* unhurried(length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; at += 300_000) {
    yield dataOf(length, 3).subarray(at, at + 300_000);
    if (at > 0 && seen.started > 0 && seen.jobs === 0) await vi.waitUntil(() => seen.jobs > 0);
  }
}

/** Payload bytes around chunks, subtrees and windows: a block has 80 + 32 bytes and its page-state map more. */
const SIZES = [511, 512, 513, 767, 768, 1023, 1024, 1025, 1279, 2047, 2048].map((kib) => kib * KIB);

async function manyRegions(writer: MslWriter): Promise<void> {
  // From here on, blocks of 512 KiB and more are for workers.
  await putRegion(writer, 0, 32 * MIB, [1, 300_000, 0, 262_144, 7 * MIB + 3]);
  await writer.memoryRegion({ ...region(4096, 0x7100_0000_0000n), pageData: unhurried(4 * MIB) });
  for (const [index, size] of SIZES.entries()) {
    await putRegion(writer, index + 1, size);
    if (index % 3 === 0) await putRegion(writer, index + 20, (index + 1) * KIB);
  }
  const pages = pagesOf([
    { count: 20, state: "failed" },
    { count: 600, state: "captured" },
    { count: 7, state: "unmapped" },
  ]);
  await writer.memoryRegion({ ...region(627, 0x7000_0000_0000n), pages, pageData: dataOf(600 * KIB, 40) });
}

async function captureOf(
  options: Partial<WriterOptions>,
  work = manyRegions,
  sink: Sink & { bytes(): Uint8Array } = new BytesSink(),
): Promise<Uint8Array> {
  const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], nativeHash: false, ...options }));
  await lead(writer);
  await work(writer);
  uses.push((await writer.end()).threads);
  return sink.bytes();
}

/** A sink that takes its time, and keeps no array. */
function borrowing() {
  const sink = new BytesSink();
  const write = async (bytes: Uint8Array) => {
    await new Promise((resolve) => setImmediate(resolve));
    sink.write(bytes.slice());
  };
  return { keepsBytes: false, write, bytes: () => sink.bytes() };
}

const alone = new Map<string, Uint8Array>();
/** What one thread writes; the native package, another implementation of BLAKE3, has verified its hashes. */
async function captureAlone(options: Partial<WriterOptions> = {}): Promise<Uint8Array> {
  const name = Object.keys(options).join();
  const known = alone.get(name) ?? (await captureOf(options));
  if (!alone.has(name)) {
    const report = await verifyCapture(known, { threads: 1, ...("encryption" in options && { keys: { key: KEY } }) });
    expect([report.outcome, report.hasher]).toEqual(["intact", "@napi-rs/blake-hash"]);
  }
  alone.set(name, known);
  return known;
}

const SEALED = {
  encryption: { cipher: "aes-256-gcm", key: KEY },
  sealRandomness: { nonce: noise(12, 3) },
} as const;

it.each<[string, Partial<WriterOptions>]>([
  ["plain", {}],
  ["in fragments", { splitAbove: 700 * KIB }],
  ["encrypted", SEALED],
])("a writer writes the same bytes with 1, 2 and 4 threads: %s", async (_, options) => {
  const expected = await captureAlone(options);
  expect(seen.started).toBe(0);
  for (const threads of [2, 4, "auto"] as const) {
    Object.assign(seen, { started: 0, jobs: 0 });
    expect(Buffer.compare(await captureOf({ ...options, threads }), expected), `${threads} threads`).toBe(0);
    expect(seen.started).toBeGreaterThan(0);
    expect(seen.started).toBeLessThanOrEqual(threads === "auto" ? 8 : threads);
    expect(seen.jobs).toBeGreaterThan(10);
  }
  for (const threads of [1, 2, 4]) {
    const found = await captureOf({ ...options, threads }, manyRegions, borrowing());
    expect(Buffer.compare(found, expected), `${threads} threads, uncopied`).toBe(0);
  }
});

it("a writer copies page data to the memory of its workers word by word, wherever the data begins in a word", async () => {
  let copied = 0;
  let slowly = 0;
  // Nothing is copied, so the hashes of this capture are not those of its bytes.
  const fill = vi.spyOn(SharedWindows.prototype, "fill").mockImplementation(function (this: SharedWindows, window, at, bytes) {
    copied += bytes.length;
    if (!this.fillsQuickly(window, at, bytes)) slowly += bytes.length;
  });
  await captureOf({ threads: 2 }, async (writer) => {
    for (let index = 0; index < 8; index++) await putRegion(writer, index, index === 0 ? 32 * MIB : 2 * MIB, [300_001, 65_543]);
  });
  fill.mockRestore();
  expect(copied).toBeGreaterThan(40 * MIB);
  expect(slowly).toBeLessThan(MIB / 4);
});

it("a writer gives workers bytes of the next block before those of the last one are hashed", async () => {
  const inUse = new Set<number>();
  let idle = 0;
  const { fill, merge } = SharedWindows.prototype;
  vi.spyOn(SharedWindows.prototype, "fill").mockImplementation(function (this: SharedWindows, ...given) {
    inUse.add(given[0]);
    fill.apply(this, given);
  });
  vi.spyOn(SharedWindows.prototype, "merge").mockImplementation(function (this: SharedWindows, ...given) {
    merge.apply(this, given);
    inUse.delete(given[0]);
    if (inUse.size === 0) idle++;
  });
  const work = async (writer: MslWriter) => {
    for (let index = 0; index < 9; index++) await putRegion(writer, index, index === 0 ? 32 * MIB : MIB);
  };
  const found = await captureOf({ threads: 2 }, work);
  vi.restoreAllMocks();
  expect(Buffer.compare(found, await captureOf({}, work))).toBe(0);
  expect(idle).toBe(1);
});

it.each([1, 5, 20])("a writer writes the same bytes when a worker is killed as it gets job %i", async (killed) => {
  seen.beforeJob = (thread, job) => {
    if (job === killed) void (thread as RunningThread).terminate();
  };
  expect(Buffer.compare(await captureOf({ threads: 2 }), await captureAlone())).toBe(0);
  expect(seen.jobs).toBeGreaterThanOrEqual(killed);
});

it("a writer writes the same bytes when all workers are killed in the middle", async () => {
  const workers = new Set<RunningThread>();
  seen.beforeJob = (thread, job) => {
    workers.add(thread as RunningThread);
    if (job === 12) for (const worker of workers) void worker.terminate();
  };
  expect(Buffer.compare(await captureOf({ threads: 4 }), await captureAlone())).toBe(0);
});

it("a writer writes the same bytes where workers do not start, or cannot share memory", async () => {
  seen.refuse = true;
  expect(Buffer.compare(await captureOf({ threads: 2 }), await captureAlone())).toBe(0);
  expect(uses[0]).toMatchObject({ used: 1, asked: 2, reason: { code: "script-not-loaded" } });
  expect(uses[0]?.reason?.message).toContain("workers are forbidden here");
  seen.refuse = false;
  seen.available = 0;
  expect(Buffer.compare(await captureOf({ threads: 2 }), await captureAlone())).toBe(0);
  expect(seen.started).toBe(0);
});

it("a writer does the work of workers that never answer, and says so", async () => {
  seen.silent = true;
  const { setTimeout: original } = globalThis;
  const waits: unknown[] = [];
  const shortened = ((run: () => void, ms?: number) => {
    waits.push(ms);
    return original(run, ms === 20_000 ? 50 : ms);
  }) as typeof setTimeout;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(shortened);
  try {
    expect(Buffer.compare(await captureOf({ threads: 2 }), await captureAlone())).toBe(0);
  } finally {
    vi.restoreAllMocks();
  }
  expect(waits).toContain(20_000);
  expect(seen.terminated).toBe(seen.started);
  expect(uses[0]).toMatchObject({ used: 1, asked: 2, reason: { code: "worker-failed" } });
});

it("a writer starts no worker that hashes for small captures, small blocks, SHA-256 and compressed captures", async () => {
  await captureOf({ threads: 2 }, (writer) => putRegion(writer, 0, 31 * MIB));
  await captureOf({ threads: 2 }, async (writer) => {
    for (let index = 0; index < 90; index++) await putRegion(writer, index, 400 * KIB);
  });
  await captureOf({ threads: 2, header: { ...HEADER, hashAlgo: 1 } }, (writer) => putRegion(writer, 0, 32 * MIB));
  expect(seen.started).toBe(0);
  const jobs: unknown[] = [];
  seen.beforeJob = () => jobs.push(seen.jobs);
  await captureOf({ threads: 2, compression: "lz4" }, (writer) => putRegion(writer, 0, 32 * MIB));
  expect(jobs).toEqual([1]);
  const codes = uses.map(({ used, reason }) => [used, reason?.code]);
  expect(codes).toEqual([
    [1, "small-capture"],
    [1, "small-capture"],
    [1, "other-hash"],
    [1, "no-work"],
  ]);
});

it.each([2, 4])("a writer with %i threads leaves the hashes to the native package", async (threads) => {
  const expected = await captureAlone();
  expect(Buffer.compare(await captureOf({ threads, nativeHash: true }), expected)).toBe(0);
  expect(seen.started).toBe(0);
  expect(uses.at(-1)).toMatchObject({ used: 1, asked: threads, reason: { code: "native-hash" } });
});

it("a writer hashes windows that no worker has begun while it waits for the windows before them", async () => {
  const hash = vi.spyOn(SharedWindows.prototype, "hash");
  const found = await captureOf({ threads: 2 });
  const hashed = hash.mock.calls.length;
  hash.mockRestore();
  expect(hashed).toBeGreaterThan(0);
  expect(Buffer.compare(found, await captureAlone())).toBe(0);
});

/** Page data that ends with an error behind so many bytes. */
async function* failing(...lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) yield dataOf(length, 5);
  throw new MslError("bad-value", "the pages are gone");
}

it.each<[string, () => AsyncGenerator<Uint8Array>]>([
  ["is short", () => unhurried(3 * MIB)],
  ["is empty", () => unhurried(0)],
  ["fails at once", () => failing()],
  ["fails after a short piece", () => failing(1000)],
  ["fails after a long piece", () => failing(2 * MIB)],
])("a writer whose page data %s ends its workers, and fails as it does alone", async (_, dataOfRegion) => {
  const short = async (threads: number) => {
    const { writer, sink } = begin({ contents: ["MemoryRegion"], nativeHash: false, threads });
    await lead(writer);
    await putRegion(writer, 0, 32 * MIB);
    const pageData = dataOfRegion();
    const failure = await writer.memoryRegion({ ...region(4096, 0x7000_0000n), pageData }).catch((error) => error);
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    return { message: failure.message, code: failure.code, bytes: sink.bytes() };
  };
  const expected = await short(1);
  expect(expected.code).toBe("bad-value");
  const found = await short(2);
  expect([found.message, found.code]).toEqual([expected.message, expected.code]);
  expect(Buffer.compare(found.bytes, expected.bytes)).toBe(0);
  expect(seen.terminated).toBe(seen.started);
  expect(seen.started).toBeGreaterThan(0);
});

it.each([
  ["when a worker gets a job", (close: () => void) => close()],
  ["while the writer waits for workers", (close: () => void) => void setImmediate(close)],
])("a writer that is closed %s refuses the region, writes nothing more and ends its workers", async (_, later) => {
  let closed = false;
  let late = 0;
  const sink: Sink = {
    write: () => {
      if (closed) late++;
    },
    close: () => {
      closed = true;
    },
  };
  const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], nativeHash: false, threads: 2 }));
  await lead(writer);
  let closing: Promise<void> | undefined;
  seen.beforeJob = (_, job) => {
    if (job !== 5) return;
    later(() => {
      closing = writer.close();
    });
  };
  const regions = async () => {
    await putRegion(writer, 0, 32 * MIB);
    await writer.memoryRegion({ ...region(32_768), pageData: unhurried(32 * MIB) });
  };
  await expect(regions()).rejects.toMatchObject({ code: "closed" });
  await closing;
  expect(closed).toBe(true);
  expect(late).toBe(0);
  expect(seen.terminated).toBe(seen.started);
});

it("a resumed writer hashes by workers what the file has and what follows, to the same bytes", async () => {
  const { sink, writer } = begin({ contents: ["MemoryRegion"], nativeHash: false });
  await lead(writer);
  await putRegion(writer, 0, 33 * MIB);
  await putRegion(writer, 1, MIB);
  const begun = sink.bytes();
  const resumed = async (threads: number) => {
    const rest = new BytesSink();
    const uuids = uuidSource();
    const uuid = () => uuids().replace("00000000", "dddddddd");
    const file = { source: new BytesSource(begun), append: () => rest };
    const later = await MslWriter.resume(file, { nativeHash: false, threads, uuid, timestamp: () => 5n });
    await later.memoryRegion({ ...region(4096, 0x7100_0000_0000n), pageData: unhurried(4 * MIB) });
    await later.end();
    return rest.bytes();
  };
  const expected = await resumed(1);
  expect(seen.started).toBe(0);
  expect(Buffer.compare(await resumed(2), expected)).toBe(0);
  expect(seen.jobs).toBeGreaterThan(10);
  expect((await verifyCapture(concatenated(begun, expected), { threads: 1 })).outcome).toBe("intact");
});

it.each([
  ["a writer that has ended", "await writer.end();"],
  ["a writer that is forgotten", ""],
  ["a writer that is forgotten while it writes", "void region();"],
])("workers that hash do not keep a process alive: %s", (_, rest) => {
  const library = fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const program = `
    const { MslWriter } = await import(${JSON.stringify(library)});
    const header = { osType: 1, archType: 1, pid: 1 };
    const writer = new MslWriter({ write: () => {} }, { header, contents: ["MemoryRegion"], threads: 2, nativeHash: false });
    const input = { baseAddr: 0n, regionSize: 1n << 26n, protection: 3, regionType: 1, pageSizeLog2: 12, timestampNs: 0n };
    const region = () => writer.memoryRegion({ ...input, pageData: new Uint8Array(1 << 26) });
    await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
    await writer.moduleListIndex({ entries: [] });
    await region(); ${rest} console.log("done");`;
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect([stdout, stderr, status, signal]).toEqual(["done\n", "", 0, null]);
});
