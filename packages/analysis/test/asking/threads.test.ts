/** Questions asked with several threads: answers, order, failures and ends are those of one thread. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { packPatterns } from "@memslice/core-wasm/scan";
import { BytesSink, MslWriter, openCapture } from "@memslice/msl";
import { runAtOnce } from "@memslice/msl/work";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { answersOf } from "../../src/asking/ask.js";
import type { QuestionKind, Questions } from "../../src/asking/lookers.js";
import type { Answered } from "../../src/asking/spans.js";
import { QuestionThreads } from "../../src/asking/threads.js";
import {
  countMatches,
  FlatMemory,
  hexPattern,
  initialiseAnalysis,
  type Memory,
  regexPattern,
  search,
  startThreadsAhead,
  strings,
  textPattern,
} from "../../src/index.js";
import { wordSpec } from "../../src/pointers/words.js";
import { fewValues, stretches } from "../support/arbitrary-memory.js";
import { SparseMemory } from "../support/sparse-memory.js";

const targets = [
  { start: 0x41n, end: 0x4242n },
  { start: 0x61000000n, end: 0x61616161n },
];
const words = runAtOnce(wordSpec(targets, { pointerBytes: 4, alignment: 1 }));

/** A specification for each kind of question. */
const SPECS: { readonly [K in QuestionKind]: Questions[K]["spec"] } = {
  // Each byte is compared with itself.
  differences: { distance: 0, gap: 3 },
  entropy: { windowBytes: 7 },
  expressions: {
    literals: runAtOnce(packPatterns([hexPattern("41 61")])),
    regexes: [regexPattern("A[^B]+a", { longest: 8 }).regex],
    overlap: 7,
    timeLimit: 10_000,
  },
  patternCounts: { patterns: runAtOnce(packPatterns([hexPattern("41"), hexPattern("4? ?2 61")])) },
  patterns: { patterns: runAtOnce(packPatterns([hexPattern("41 61"), hexPattern("00"), hexPattern("4? ?2 61")])) },
  pointerCounts: {
    words: runAtOnce(wordSpec([{ start: 0n, end: 0x80000000n }], { pointerBytes: 4, alignment: 1 })),
    firsts: BigUint64Array.of(0n),
    lasts: BigUint64Array.of(0x7fffffffn),
  },
  words,
  keys: { kinds: ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"], everyByte: true },
  text: { encodings: ["ascii", "utf-8", "utf-16le", "utf-16be"], minimum: 2 },
};
const KINDS = Object.keys(SPECS) as QuestionKind[];

const folder = mkdtempSync(join(tmpdir(), "msl-looking-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => initialiseAnalysis({}));

const SCRIPT = new URL("../../dist/threads/any-worker-node.js", import.meta.url);
/** Spans that workers have looked at. */
let lookedByWorkers = 0;
const counted = () => {
  const worker = new Worker(SCRIPT);
  worker.on("message", ({ kind }) => {
    if (kind === "looked") lookedByWorkers++;
  });
  return worker;
};

/** A read at this address waits for workers. */
const STALLED = 0x400n;

/** Waits until a worker has looked at a span, five seconds at most. */
async function untilWorkersLooked(): Promise<void> {
  const before = lookedByWorkers;
  for (let i = 0; i < 500 && lookedByWorkers === before; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A memory whose fifth span of a file is given when workers have looked at one: until then the thread that asks looks at the next span itself. `count` is told of the bytes of each span. */
function awaitingWorkers(memory: Memory, count: (bytes: number) => void = () => {}): Memory {
  let spans = 0;
  return {
    ranges: (...range) => memory.ranges(...range),
    readInto: (...read) => memory.readInto(...read),
    inFile: async (...asked) => {
      const extent = await memory.inFile?.(...asked);
      if (extent) {
        spans++;
        count(asked[1]);
      }
      if (spans === 5) await untilWorkersLooked();
      return extent;
    },
  };
}

/** A memory whose reads end in another order than they began. The fifth read ends when workers have looked at what was read behind it. */
class UnsteadyMemory extends SparseMemory {
  reading = 0;
  mostReading = 0;

  override async readInto(target: Uint8Array, address: bigint) {
    this.reading++;
    this.mostReading = Math.max(this.mostReading, this.reading);
    try {
      if (address === STALLED) await untilWorkersLooked();
      await new Promise((resolve) => setTimeout(resolve, Number((address * 7n) % 4n)));
      return await super.readInto(target, address);
    } finally {
      this.reading--;
    }
  }
}

async function answersWith<K extends QuestionKind>(memory: Memory, kind: K, asked: number, windowBytes: number) {
  const answers: Answered<Questions[K]["answer"]>[] = [];
  const threads = new QuestionThreads(asked);
  for await (const answer of answersOf(memory, kind, SPECS[kind], { threads, overlap: 7, windowBytes })) answers.push(answer);
  return answers;
}

/** In front of arbitrary memory: two or more spans that lie apart. */
const FIRST = [
  { address: 0n, content: new Uint8Array(16).fill(0x41) },
  { address: STALLED, content: new Uint8Array(16).fill(0x61) },
];

async function all<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const batch of batches) found.push(...batch);
  return found;
}

/** A capture with adjacent regions of so many MiB. */
async function captureOf(
  bytes: Uint8Array,
  options: { readonly compression?: "zstd" } | { readonly encryption?: { readonly key: Uint8Array } } = {},
  mebibytes = 3,
): Promise<Uint8Array> {
  const regionBytes = mebibytes << 20;
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], ...options });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  for (let at = 0; at < bytes.length; at += regionBytes) {
    const pageData = bytes.subarray(at, at + regionBytes);
    const place = { baseAddr: BigInt(at), regionSize: BigInt(pageData.length), protection: 3, regionType: 5 } as const;
    await writer.memoryRegion({ ...place, pageSizeLog2: 12, timestampNs: 0n, pageData });
  }
  await writer.end();
  return sink.bytes();
}

const needle = textPattern("needle");
/** `mebibytes` of memory with a needle across every border of 1 MiB, and behind it. */
function haystack(mebibytes: number): Uint8Array {
  const bytes = new Uint8Array(mebibytes << 20);
  for (let i = 0; i < bytes.length; i += 3) bytes[i] = (i * 2654435761) >>> 24;
  for (let i = 1; i < mebibytes; i++) {
    bytes.set(needle.values, (i << 20) - 3);
    bytes.set(needle.values, (i << 20) + 5000);
  }
  return bytes;
}

describe("questions with several threads", () => {
  it("a span is looked at as it was read, also if the tables of the question take several turns of the event loop", async () => {
    const step = 256 * 1024;
    const marks = Array.from({ length: 32 }, (_, i) => i * step + 100);
    const bytes = new Uint8Array(marks.length * step);
    const patterns = marks.map((at, i) => {
      bytes.set(Buffer.from(`mark${i}!`), at);
      return textPattern(`mark${i}!`);
    });
    // Tables of 8 MiB, whose patterns occur nowhere.
    const long = Array.from({ length: 16 }, (_, i) =>
      Uint8Array.from({ length: 524_288 }, (_, at) => 1 + ((at * (i + 7)) % 251)),
    );
    patterns.push(...long.map((values) => ({ name: "long", values, masks: new Uint8Array(values.length).fill(0xff) })));
    for (const threads of [1, 2]) {
      const found: (readonly [bigint, number])[] = [];
      for await (const batch of search(new FlatMemory(bytes, 0n), patterns, { threads }))
        for (const { address, pattern } of batch) found.push([address, pattern]);
      expect(found).toEqual(marks.map((at, i) => [BigInt(at), i]));
    }
  });

  it.each(KINDS)("the answers to %s are those of one thread, in the same order", async (kind) => {
    initialiseAnalysis({ worker: counted });
    const before = lookedByWorkers;
    const content = fewValues({ minLength: 30, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(stretches(content), fc.integer({ min: 16, max: 24 }), async (list, windowBytes) => {
        const memory = [...FIRST, { address: 0x800n, content: new Uint8Array(200).fill(0x42) }, ...list];
        const expected = await answersWith(new SparseMemory(memory), kind, 1, windowBytes);
        expect(await answersWith(new UnsteadyMemory(memory), kind, 3, windowBytes)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
    expect(lookedByWorkers - before).toBeGreaterThan(10);
  });

  it.each([
    ["plain", {}],
    ["compressed", { compression: "zstd" }],
    ["encrypted", { encryption: { key: new Uint8Array(32).fill(7) } }],
  ] as const)("matches and strings in a %s capture are those of one thread", async (_, options) => {
    const bytes = haystack(9);
    const written = await captureOf(bytes, options);
    const capture = await openCapture(written, "encryption" in options ? { keys: options.encryption } : {});
    const ask = async (threads: number) => {
      const matches = search(capture.memory, [needle], { threads });
      const texts = strings(capture.memory, { minimum: 3, threads });
      return {
        matches: await all(matches),
        texts: await all(texts),
        coverage: matches.coverage,
        use: [matches.threads, texts.threads],
      };
    };
    const { use: _one, ...expected } = await ask(1);
    expect(expected.matches.map(({ address }) => Number(address))).toEqual(
      Array.from({ length: 8 }, (_, i) => [((i + 1) << 20) - 3, ((i + 1) << 20) + 5000]).flat(),
    );
    const { use, ...found } = await ask(3);
    expect(found).toEqual(expected);
    expect(use).toMatchObject([{ asked: 3 }, { asked: 3 }]);
    await capture.close();
  });

  it.each([3, 16])(
    "workers read a capture of regions of %i MiB in a file themselves, and find what one thread finds",
    async (mebibytes) => {
      initialiseAnalysis({ worker: counted });
      const path = join(folder, `plain-${mebibytes}.msl`);
      writeFileSync(path, await captureOf(haystack(40), {}, mebibytes));
      const capture = await openCapture(path);
      let bytesInFile = 0;
      const memory = awaitingWorkers(capture.memory, (bytes) => {
        bytesInFile += bytes;
      });
      const before = lookedByWorkers;
      const found = await all(search(memory, [needle], { threads: 2 }));
      expect(found).toEqual(await all(search(capture.memory, [needle], { threads: 1 })));
      expect(found).toHaveLength(78);
      expect(bytesInFile).toBeGreaterThan(20 << 20);
      expect(lookedByWorkers).toBeGreaterThan(before);
      // Waits for workers that may read the file.
      await capture.close();
    },
  );

  it("matches that an answer about several windows of a file has no room for are counted once", async () => {
    const path = join(folder, "dense.msl");
    writeFileSync(path, await captureOf(new Uint8Array(16 << 20).fill(0x61, 3 << 20, (9 << 20) + 5), {}, 16));
    const capture = await openCapture(path);
    initialiseAnalysis({ worker: counted });
    const before = lookedByWorkers;
    const { counts } = await countMatches(awaitingWorkers(capture.memory), [hexPattern("61")], { threads: 2 });
    expect(counts).toEqual([(6 << 20) + 5]);
    expect(lookedByWorkers).toBeGreaterThan(before);
    await capture.close();
  });

  it("a file that became shorter ends a question of several threads with its error", async () => {
    const path = join(folder, "shorter.msl");
    writeFileSync(path, await captureOf(haystack(9)));
    const capture = await openCapture(path);
    await capture.memory.extent();
    truncateSync(path, 5 << 20);
    await expect(all(search(capture.memory, [needle], { threads: 2 }))).rejects.toMatchObject({ code: "changed" });
    await capture.close();
  });

  it("says how many threads looked, and why no more", async () => {
    const bytes = haystack(40);
    const use = async (threads: number | "auto", memory = new FlatMemory(bytes, 0n)) => {
      const found = search(memory, [needle], { threads });
      expect(await all(found)).toHaveLength(78);
      return found.threads;
    };
    expect(await use(1)).toEqual({ used: 1, asked: 1, reason: null });
    const two = await use(2);
    expect(two.asked).toBe(2);
    expect(two.used === 2 ? two.reason : two.reason?.code).toBe(two.used === 2 ? null : "no-work");
    const few = search(new FlatMemory(haystack(2), 0n), [needle], { threads: "auto" });
    expect(await all(few)).toHaveLength(2);
    expect(few.threads).toMatchObject({ used: 1, asked: "auto", reason: { code: "no-work" } });
  });

  it("threads that were started ahead answer the next question, and later ones start threads again", async () => {
    const memory = new FlatMemory(haystack(40), 0n);
    const expected = await all(search(memory, [needle], { threads: 1 }));
    startThreadsAhead({ threads: 2 });
    // Started again: no more than a question takes.
    startThreadsAhead({ threads: 2 });
    for (let i = 0; i < 3; i++) {
      const found = search(memory, [needle], { threads: 2 });
      expect(await all(found)).toEqual(expected);
    }
    expect(() => startThreadsAhead({ threads: 0 })).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it.each([0, -1, 1.5, Number.NaN, "two"])("refuses %s threads", (threads) => {
    const ask = () => search(new FlatMemory(new Uint8Array(1), 0n), [needle], { threads: threads as number });
    expect(ask).toThrow(expect.objectContaining({ code: "usage", message: expect.stringContaining("threads") }));
  });
});

describe("workers that fail", () => {
  const memory = new FlatMemory(haystack(24), 0x1000n);
  const worker = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return pathToFileURL(path);
  };

  it.each([
    ["does not exist", () => pathToFileURL(join(folder, "missing.mjs")), "script-not-loaded"],
    ["throws when it starts", () => worker("throws.mjs", 'throw new Error("broken");'), "worker-failed"],
    [
      "ends during its second job",
      () =>
        worker(
          "ends.mjs",
          `import { parentPort } from "node:worker_threads";
           await import(${JSON.stringify(SCRIPT.href)});
           let jobs = 0;
           parentPort.prependListener("message", () => { if (++jobs === 2) process.exit(1); });`,
        ),
      "worker-failed",
    ],
  ] as const)("nothing is lost or doubled if the script %s", async (_, named, code) => {
    const expected = await all(search(memory, [needle], { threads: 1 }));
    initialiseAnalysis({ worker: named() });
    const failing: Memory = {
      ranges: (from, to) => memory.ranges(from, to),
      // The first read ends when a worker has failed, five seconds later at most.
      readInto: async (target, address) => {
        const hasFailed = () => address !== 0x1000n || found.threads.reason?.code !== "no-work";
        for (let i = 0; i < 500 && !hasFailed(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
        return memory.readInto(target, address);
      },
    };
    const found = search(failing, [needle], { threads: 2 });
    expect(await all(found)).toEqual(expected);
    expect(found.threads.reason?.code).toBe(code);
  });

  it("looks itself at what a worker cannot look at", async () => {
    const expected = await all(search(memory, [needle], { threads: 1 }));
    initialiseAnalysis({
      worker: worker(
        "fails.mjs",
        `import { parentPort } from "node:worker_threads";
         parentPort.once("message", () => {
           parentPort.on("message", ({ buffer }) => parentPort.postMessage({ kind: "failed", buffer }, [buffer]));
           parentPort.postMessage({ kind: "ready" });
         });
         if ((await import("node:worker_threads")).workerData) {
           parentPort.removeAllListeners("message");
           parentPort.on("message", ({ buffer }) => parentPort.postMessage({ kind: "failed", buffer }, [buffer]));
           parentPort.postMessage({ kind: "ready" });
         }`,
      ),
    });
    expect(await all(search(slow(memory), [needle], { threads: 2 }))).toEqual(expected);
  });
});

/** Reads take a millisecond, so that workers have the time to start. */
function slow(memory: FlatMemory): Memory {
  return {
    ranges: (from, to) => memory.ranges(from, to),
    readInto: async (target, address) => {
      await new Promise((resolve) => setTimeout(resolve, address < 0x400000n ? 120 : 1));
      return memory.readInto(target, address);
    },
  };
}

describe("questions that end early", () => {
  beforeEach(() => initialiseAnalysis({ worker: counted }));
  const list = Array.from({ length: 200 }, (_, i) => ({ address: BigInt(i * 64), content: new Uint8Array(64).fill(0x41) }));
  const ask = (memory: Memory, signal?: AbortSignal) =>
    answersOf(memory, "patterns", SPECS.patterns, {
      threads: new QuestionThreads(2),
      windowBytes: 64,
      ...(signal && { signal }),
    });

  it("no read is under way after the caller left the loop, and no more than three for each worker before", async () => {
    const memory = new UnsteadyMemory(list);
    for await (const { address } of ask(memory)) if (address >= 1280n) break;
    expect(memory.reading).toBe(0);
    expect(memory.mostReading).toBeLessThanOrEqual(6);
    expect(memory.reads).toBeLessThan(40);
  });

  it("an abort ends the question with `aborted`", async () => {
    const memory = new UnsteadyMemory(list);
    const controller = new AbortController();
    const asked = async () => {
      for await (const { address } of ask(memory, controller.signal)) if (address >= 1280n) controller.abort();
    };
    await expect(asked()).rejects.toMatchObject({ code: "aborted" });
    expect(memory.reading).toBe(0);
  });

  it("a read that fails ends the question with its error, after the answers before it", async () => {
    const memory = new UnsteadyMemory(list);
    const read = memory.readInto.bind(memory);
    memory.readInto = (target, address) => (address === 640n ? Promise.reject(new Error("unreadable")) : read(target, address));
    const addresses: bigint[] = [];
    const asked = async () => {
      for await (const { address } of ask(memory)) addresses.push(address);
    };
    await expect(asked()).rejects.toThrow("unreadable");
    expect(addresses).toEqual(Array.from({ length: 10 }, (_, i) => BigInt(i * 64)));
  });
});
