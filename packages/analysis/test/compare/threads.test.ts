/** Comparisons with several threads: the differences of one thread, in their order, whatever captures they read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { BytesSink, type Capture, type MemoryStateRange, MslWriter, openCapture, pagesOf } from "@memslice/msl";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Comparable,
  type CompareOptions,
  compare,
  type Difference,
  FlatMemory,
  initialiseAnalysis,
} from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "msl-comparing-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SCRIPT = new URL("../../dist/threads/any-worker-node.js", import.meta.url);
let answeredByWorkers = 0;
beforeEach(() => {
  answeredByWorkers = 0;
  initialiseAnalysis({
    worker: () => {
      const worker = new Worker(SCRIPT);
      worker.on("message", ({ kind }) => {
        if (kind === "looked") answeredByWorkers++;
      });
      return worker;
    },
  });
});
afterEach(() => initialiseAnalysis({}));

const PAGE = 4096;
const BASE = 0x10000000n;
const PAGES = 3000;
/** In A. */
const FAILED = new Set([5, 700, 701, 2000]);

function pageData(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from({ length: PAGES * PAGE }, (_, i) => (i * 7919) >>> 5);
  change(bytes);
  return bytes;
}

const before = pageData(() => {});
/** A change in each 1,000,003 bytes, two on both sides of a border between two reads, and one at the end. */
const after = pageData((bytes) => {
  for (let at = 17; at < bytes.length; at += 1_000_003) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  for (const at of [(1 << 19) - 1, 1 << 19, bytes.length - 1]) bytes[at] = (bytes[at] ?? 0) ^ 0x01;
});

/** By definition: each byte that both captured, and joined with at most 16 equal bytes between two. */
function naive(): [bigint, bigint, bigint][] {
  const found: { start: number; end: number; changed: number }[] = [];
  for (let at = 0; at < before.length; at++) {
    if (FAILED.has(Math.floor(at / PAGE)) || before[at] === after[at]) continue;
    const last = found.at(-1);
    if (last && at - last.end <= 16) {
      last.end = at + 1;
      last.changed++;
    } else found.push({ start: at, end: at + 1, changed: 1 });
  }
  return found.map(({ start, end, changed }) => [BASE + BigInt(start), BigInt(end - start), BigInt(changed)]);
}

type Kind = { readonly compression?: "zstd"; readonly encryption?: { readonly key: Uint8Array } };
const KEY = new Uint8Array(32).fill(7);

async function captureFile(name: string, bytes: Uint8Array, failed: ReadonlySet<number>, kind: Kind): Promise<Capture> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], ...kind });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const states = Array.from({ length: PAGES }, (_, page) => ({
    count: 1,
    state: failed.has(page) ? ("failed" as const) : ("captured" as const),
  }));
  const captured = states.flatMap(({ state }, page) =>
    state === "captured" ? [bytes.subarray(page * PAGE, (page + 1) * PAGE)] : [],
  );
  await writer.memoryRegion({
    ...{ protection: 3, regionType: 5, pageSizeLog2: 12, timestampNs: 0n, baseAddr: BASE },
    regionSize: BigInt(PAGES * PAGE),
    pages: pagesOf(states),
    pageData: Buffer.concat(captured),
  });
  await writer.end();
  const path = join(folder, name);
  writeFileSync(path, sink.bytes());
  return openCapture(path, kind.encryption ? { keys: kind.encryption } : {});
}

async function listed(a: Comparable, b: Comparable, options: CompareOptions) {
  const comparison = compare(a, b, options);
  const differences: Difference[] = [];
  for await (const batch of comparison) differences.push(...batch);
  return { differences, summary: comparison.summary, threads: comparison.threads };
}

describe.each<readonly [string, Kind, Kind]>([
  ["plain files", {}, {}],
  ["compressed files", { compression: "zstd" }, { compression: "zstd" }],
  ["an encrypted and a compressed file", { encryption: { key: KEY } }, { compression: "zstd" }],
])("compare of %s", (name, ofA, ofB) => {
  it("finds with any number of threads what a byte by byte comparison finds, in its order", async () => {
    const a = await captureFile(`${name}-a.msl`, before, FAILED, ofA);
    const b = await captureFile(`${name}-b.msl`, after, new Set(), ofB);
    const one = await listed(a, b, { threads: 1 });
    const bytes = one.differences.flatMap((found) => (found.kind === "bytes" ? [[found.a, found.length, found.changed]] : []));
    expect(bytes).toEqual(naive());
    expect(one.differences.flatMap((found) => (found.kind === "state" ? [[found.a, found.length]] : []))).toEqual([
      [BASE + BigInt(5 * PAGE), BigInt(PAGE)],
      [BASE + BigInt(700 * PAGE), BigInt(2 * PAGE)],
      [BASE + BigInt(2000 * PAGE), BigInt(PAGE)],
    ]);
    for (const threads of [2, 3, "auto"] as const) {
      const some = await listed(a, b, { threads });
      expect(some.differences).toEqual(one.differences);
      expect(some.summary).toEqual(one.summary);
      expect(some.threads.asked).toBe(threads);
    }
    await Promise.all([a.close(), b.close()]);
  });
});

it("workers read plain files themselves, and compare what they read", async () => {
  const a = await captureFile("workers-a.msl", before, new Set(), {});
  const b = await captureFile("workers-b.msl", after, new Set(), {});
  const waiting = ({ memory }: Capture): Comparable => ({
    memory: {
      ranges: (...asked) => memory.ranges(...asked),
      inFile: (...asked) => memory.inFile(...asked),
      // The caller's thread reads when a worker has answered, or not at all.
      readInto: async (...asked) => {
        for (let i = 0; i < 1000 && answeredByWorkers === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
        return memory.readInto(...asked);
      },
    },
  });
  const { differences, threads } = await listed(waiting(a), waiting(b), { threads: 2 });
  expect(answeredByWorkers).toBeGreaterThan(0);
  expect(threads).toMatchObject({ asked: 2 });
  const same = await listed({ memory: a.memory }, { memory: b.memory }, { threads: 1 });
  expect(differences.length).toBeGreaterThan(10);
  expect(differences).toEqual(same.differences);
  await Promise.all([a.close(), b.close()]);
});

class SlowMemory extends FlatMemory {
  override async readInto(target: Uint8Array, address: bigint) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return super.readInto(target, address);
  }
}

it("a comparison is left, or aborted, without a thread that goes on", async () => {
  const memory = (bytes: Uint8Array) => ({ memory: new SlowMemory(bytes, BASE) });
  for (const threads of [1, 2]) {
    for await (const batch of compare(memory(before), memory(after), { threads })) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const aborted = (async () => {
      for await (const _ of compare(memory(before), memory(after), { threads, signal: controller.signal })) controller.abort();
    })();
    await expect(aborted).rejects.toMatchObject({ code: "aborted" });
  }
});

/** States that are others whenever they are asked for, as those of a process that runs. Reads tell what is there. */
class RestlessMemory extends FlatMemory {
  #walks = 0;

  async *states(from = 0n, to = 1n << 64n): AsyncGenerator<MemoryStateRange, void, undefined> {
    const failed = BASE + BigInt(PAGE * (1 + (this.#walks++ % 3)));
    for await (const { start, end } of this.ranges(from, to)) {
      yield { start, end: failed, state: "captured" };
      yield { start: failed, end: failed + BigInt(PAGE), state: "failed" };
      yield { start: failed + BigInt(PAGE), end, state: "captured" };
    }
  }
}

it.each([1, 2])("a memory whose states change between two looks is compared by what is read (%i threads)", async (threads) => {
  const a = { memory: new RestlessMemory(before, BASE) };
  const b = { memory: new FlatMemory(after, BASE) };
  const { differences } = await listed(a, b, { threads });
  const expected = naive().filter(([address]) => address >= BASE + BigInt(64 * PAGE));
  const bytes = differences.flatMap((found) => (found.kind === "bytes" ? [[found.a, found.length, found.changed]] : []));
  expect(bytes.filter(([address]) => (address ?? 0n) >= BASE + BigInt(64 * PAGE))).toEqual(expected);
});
