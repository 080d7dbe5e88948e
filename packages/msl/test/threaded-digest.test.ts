/** The digest of a message by a worker: the same as by an independent implementation, whatever becomes of the worker, or none. */
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HashAlgo, type HashAlgoCode } from "../src/hash/hash-algorithm.js";
import { startThreadedDigest, type ThreadedDigest } from "../src/hash/threaded-digest.js";
import { MslError, MslWriter, type Sink, verifyCapture, type WriterOptions } from "../src/index.js";
import type { RunningThread } from "../src/threads/threads.js";
import { noise } from "./chained-blocks.js";
import { concatenated } from "./vectors.js";
import { KEY } from "./write-encrypted.js";
import { lead, optionsFor, region, requireConforming } from "./write-support.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const BYTES = noise(5 * MIB + 77, 3);

/** What the worker was asked for, and what the test does to it. */
const seen = await vi.hoisted(async () => (await import("./support/watched-workers.js")).watchedWorkers(4));
vi.mock("#threads", async (original) => seen.around(await original()));

const running: ThreadedDigest[] = [];
beforeEach(() => {
  seen.memories.clear();
  Object.assign(seen, { available: 4, started: 0, jobs: 0, terminated: 0, refuse: false, beforeJob: () => {} });
});
afterEach(() => {
  for (const digest of running.splice(0)) digest.release();
});

async function start(algorithm: HashAlgoCode = HashAlgo.Blake3): Promise<ThreadedDigest> {
  const digest = await startThreadedDigest(algorithm);
  if (!digest) throw new Error("no worker computes the digest");
  running.push(digest);
  return digest;
}

function shared(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(bytes.length));
  memory.set(bytes);
  return memory;
}

/** In pieces of many sizes, in shared memory or not by turns. Copies are overwritten as soon as they were passed. */
async function pass(digest: ThreadedDigest, bytes: Uint8Array): Promise<void> {
  const inPlace = shared(bytes);
  const sizes = [1, 80, 4096, 70_000, 300_001, 1_500_000];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = Math.min(bytes.length, at + (sizes[turn % sizes.length] ?? 1));
    const copy = bytes.slice(at, end);
    await digest.update(turn % 3 === 0 ? inPlace.subarray(at, end) : copy);
    copy.fill(0xee);
    at = end;
  }
}

describe("the digest of a message by a worker", () => {
  it.each([
    [HashAlgo.Blake3, (bytes: Uint8Array) => blake3(bytes)],
    [HashAlgo.Sha256, (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest())],
    [HashAlgo.Sha512_256, (bytes: Uint8Array) => new Uint8Array(createHash("sha512-256").update(bytes).digest())],
  ])("is that of another implementation, of any beginning and of the whole: algorithm %i", async (algorithm, oracle) => {
    const digest = await start(algorithm);
    expect(await digest.digest()).toEqual(oracle(new Uint8Array(0)));
    await pass(digest, BYTES);
    expect(await digest.digest()).toEqual(oracle(BYTES));
    await pass(digest, BYTES.subarray(0, 100_000));
    expect(await digest.digest()).toEqual(oracle(concatenated(BYTES, BYTES.subarray(0, 100_000))));
    expect(seen.started).toBe(1);
  });

  it("leaves shared memory alone until `hashed`, and does not read it afterwards", async () => {
    const digest = await start();
    const window = shared(BYTES.subarray(0, 2 * MIB));
    digest.update(window);
    digest.update(window.subarray(0, 10));
    await digest.hashed();
    window.fill(0);
    expect(await digest.digest()).toEqual(blake3(concatenated(BYTES.subarray(0, 2 * MIB), BYTES.subarray(0, 10))));
  });

  it("asks for time when many copies wait", async () => {
    const digest = await start();
    const asked: boolean[] = [];
    for (let at = 0; at < 6; at++) asked.push(digest.update(BYTES.subarray(0, MIB)) !== undefined);
    expect(asked).toEqual([false, false, false, false, true, true]);
    await digest.hashed();
    expect(digest.update(BYTES.subarray(0, MIB))).toBeUndefined();
  });

  it("copies into few arrays, however many bytes there are", async () => {
    const digest = await start();
    const bytes = noise(24 * MIB, 4);
    for (let at = 0; at < bytes.length; at += 60_000) await digest.update(bytes.subarray(at, at + 60_000));
    expect(await digest.digest()).toEqual(blake3(bytes));
    expect(seen.memories.size).toBeLessThanOrEqual(6);
  });

  it("is not begun on one processor", async () => {
    seen.available = 1;
    expect(await startThreadedDigest(HashAlgo.Blake3)).toBeUndefined();
    expect(seen.started).toBe(0);
  });

  it("ends its worker when it is released, and throws closed", async () => {
    const digest = await start();
    digest.update(shared(BYTES));
    digest.release();
    await digest.hashed();
    expect(() => digest.update(BYTES)).toThrow(expect.objectContaining({ code: "closed" }));
    await expect(digest.digest()).rejects.toMatchObject({ code: "closed" });
    expect(seen.terminated).toBe(1);
  });
});

const endsAt = (job: number) => (thread: unknown, number: number) => {
  if (number === job) void (thread as RunningThread).terminate();
};

describe("a worker that fails", () => {
  it("is replaced by the caller's thread if it cannot be started", async () => {
    seen.refuse = true;
    const digest = await start();
    await pass(digest, BYTES);
    expect(await digest.digest()).toEqual(blake3(BYTES));
    expect(seen.started).toBe(0);
  });

  it.each([1, 2])("is replaced by the caller's thread if it ends before it has hashed anything: job %i", async (job) => {
    seen.beforeJob = endsAt(job);
    const digest = await start();
    await pass(digest, BYTES);
    expect(await digest.digest()).toEqual(blake3(BYTES));
  });

  it("loses the digest if it ends later: an error, and no digest", async () => {
    const digest = await start();
    digest.update(shared(BYTES));
    await digest.hashed();
    seen.beforeJob = endsAt(seen.jobs + 1);
    digest.update(shared(BYTES));
    const lost = {
      code: "internal",
      message: expect.stringMatching(/hash of the whole file is lost, .* ended: it ended with exit code 1\. Write .*again/),
    };
    await expect(digest.hashed()).rejects.toMatchObject(lost);
    await expect(digest.digest()).rejects.toMatchObject(lost);
    expect(() => digest.update(BYTES)).toThrow(expect.objectContaining(lost));
  });
});

/** A sink that does not keep bytes, and may take shared ones. */
class KeptSink implements Sink {
  readonly keepsBytes = false;
  readonly parts: Uint8Array[] = [];
  readonly inShared: number[] = [];
  readonly takesShared: boolean;

  constructor(takesShared: boolean) {
    this.takesShared = takesShared;
  }

  /** Called after each write. */
  onWrite: () => Promise<void> | void = () => {};

  write(bytes: Uint8Array): Promise<void> | void {
    if (!(bytes.buffer instanceof ArrayBuffer)) this.inShared.push(bytes.length);
    this.parts.push(bytes.slice());
    return this.onWrite();
  }

  get bytes(): Uint8Array {
    return concatenated(...this.parts);
  }
}

async function writeRegions(options: Partial<WriterOptions>, sink: KeptSink) {
  const writer = new MslWriter(sink, { ...optionsFor({ contents: ["MemoryRegion"] }), ...options });
  try {
    await lead(writer);
    for (const [at, size] of [2 * MIB, 4 * KIB, 6 * MIB, 300 * KIB].entries()) {
      const pageData = shared(noise(size, at));
      await writer.memoryRegion({ ...region(0, BigInt(at) << 32n), regionSize: BigInt(size), pageData });
    }
    return await writer.end();
  } finally {
    await writer.close();
  }
}

describe("a writer that is given a hasher of the file", () => {
  it.each(["BLAKE3", "SHA-256"] as const)("writes the bytes that it writes without: %s", async (hashAlgo) => {
    const options = optionsFor({ contents: ["MemoryRegion"] });
    const header = { ...options.header, hashAlgo };
    const alone = new KeptSink(false);
    await writeRegions({ header }, alone);
    const sink = new KeptSink(true);
    const fileHasher = await start(hashAlgo === "BLAKE3" ? HashAlgo.Blake3 : HashAlgo.Sha256);
    const { fileHash, digest, threads } = await writeRegions({ header, fileHasher, threads: 2 }, sink);
    expect(threads).toEqual({ asked: 2, used: 2, reason: null });
    expect(Buffer.compare(sink.bytes, alone.bytes)).toBe(0);
    await requireConforming(sink.bytes);
    const oracle = (bytes: Uint8Array) => (hashAlgo === "BLAKE3" ? blake3(bytes) : createHash("sha256").update(bytes).digest());
    // End-of-Capture: a header of 80 bytes, and a payload of 48.
    expect(fileHash).toBe(Buffer.from(oracle(sink.bytes.subarray(0, -128))).toString("hex"));
    expect(digest).toBe(Buffer.from(oracle(sink.bytes)).toString("hex"));
    expect(seen.terminated).toBe(1);
  });

  it("hands shared page data uncopied to a sink that takes it, and to no other", async () => {
    const takes = new KeptSink(true);
    await writeRegions({ fileHasher: await start() }, takes);
    expect(takes.inShared.length).toBeGreaterThan(20);
    const refuses = new KeptSink(false);
    await writeRegions({ fileHasher: await start() }, refuses);
    expect(refuses.inShared).toEqual([]);
    expect(Buffer.compare(takes.bytes, refuses.bytes)).toBe(0);
  });

  it("writes an encrypted capture that opens and verifies", async () => {
    const sink = new KeptSink(true);
    await writeRegions({ fileHasher: await start(), encryption: { key: KEY } }, sink);
    expect((await verifyCapture(sink.bytes, { keys: { key: KEY } })).outcome).toBe("intact");
  });

  it("writes no End-of-Capture if the worker ends in the middle, and throws why", async () => {
    const sink = new KeptSink(true);
    const fileHasher = await start();
    sink.onWrite = async () => {
      if (sink.bytes.length < 3 * MIB) return;
      sink.onWrite = () => {};
      await fileHasher.hashed();
      seen.beforeJob = endsAt(seen.jobs + 1);
    };
    await expect(writeRegions({ fileHasher, threads: 2 }, sink)).rejects.toMatchObject({ code: "internal" });
    expect((await verifyCapture(sink.bytes)).outcome).toBe("incomplete");
  });

  it("tells why its worker did not start, and writes the same", async () => {
    const alone = new KeptSink(false);
    await writeRegions({}, alone);
    seen.refuse = true;
    const sink = new KeptSink(true);
    const { threads } = await writeRegions({ fileHasher: await start(), threads: 2 }, sink);
    expect(threads).toMatchObject({ used: 1, reason: { message: expect.stringContaining("workers are forbidden here") } });
    expect(Buffer.compare(sink.bytes, alone.bytes)).toBe(0);
  });

  it("refuses a hasher of another algorithm", async () => {
    const options = { ...optionsFor({ contents: ["MemoryRegion"] }), fileHasher: await start(HashAlgo.Sha256) };
    expect(() => new MslWriter(new KeptSink(true), options)).toThrow(MslError);
    expect(() => new MslWriter(new KeptSink(true), options)).toThrow(/fileHasher computes the algorithm 1, and hashAlgo is 0/);
  });
});
