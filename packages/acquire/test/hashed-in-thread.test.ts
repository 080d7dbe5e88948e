/** Captures whose file is hashed by a thread of its own: the same hashes, and what becomes of the capture if the thread or the caller gives up. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileSink, MslError, openCapture } from "@memslice/msl";
import { blake3 } from "@noble/hashes/blake3.js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { acquire } from "../src/acquire.js";
import { CAN_CAPTURE, stateOf, type Target, Targets } from "./support/target.js";

const MIB = 1024 * 1024;
/** More than the least that a thread hashes. */
const MEBIBYTES = 144;
/** A block header of 80 bytes, and a payload of 48. */
const END_OF_CAPTURE_BYTES = 128;

/** What the thread was asked for. */
const seen = vi.hoisted(() => ({ started: 0, shared: 0, failsBehind: Number.POSITIVE_INFINITY }));
vi.mock("@memslice/msl/work", async (original) => {
  const work = await original<typeof import("@memslice/msl/work")>();
  const startThreadedDigest: typeof work.startThreadedDigest = async (algorithm) => {
    const digest = await work.startThreadedDigest(algorithm);
    if (!digest) return undefined;
    seen.started++;
    const requireAlive = () => {
      if (seen.shared > seen.failsBehind) throw new MslError("internal", "The hash of the whole file is lost");
    };
    const { update, hashed } = digest;
    digest.update = (bytes) => {
      if (!(bytes.buffer instanceof ArrayBuffer)) seen.shared += bytes.length;
      requireAlive();
      return update.call(digest, bytes);
    };
    digest.hashed = async () => {
      await hashed.call(digest);
      requireAlive();
    };
    return digest;
  };
  return { ...work, startThreadedDigest };
});

describe.runIf(CAN_CAPTURE)("a capture whose file is hashed by a thread", () => {
  const targets = new Targets();
  let target: Target;
  beforeAll(async () => {
    target = await targets.start("large", String(MEBIBYTES), String(MEBIBYTES));
  });
  afterAll(() => targets.remove());
  afterEach(() => Object.assign(seen, { started: 0, shared: 0, failsBehind: Number.POSITIVE_INFINITY }));

  /** BLAKE3 of all bytes before End-of-Capture, and of the whole file. */
  function digestsOf(path: string): { readonly fileHash: string; readonly digest: string } {
    const bytes = readFileSync(path);
    const hasher = blake3.create({});
    const end = bytes.length - END_OF_CAPTURE_BYTES;
    hasher.update(bytes.subarray(0, end));
    const fileHash = Buffer.from(hasher.clone().digest()).toString("hex");
    return { fileHash, digest: Buffer.from(hasher.update(bytes.subarray(end)).digest()).toString("hex") };
  }

  it.each([{ threads: 2 }, { threads: "auto", freeze: true }] as const)(
    "has the hashes that another implementation computes of the file: %j",
    async (options) => {
      const out = join(targets.folder, "hashed.msl");
      const { fileHash, digest, size } = await acquire(target.pid, await fileSink(out, { overwrite: true }), options);
      expect([seen.started, seen.shared > MEBIBYTES * 0.9 * MIB]).toEqual([1, true]);
      expect(size).toBe(statSync(out).size);
      expect({ fileHash, digest }).toEqual(digestsOf(out));
      expect((await (await openCapture(readFileSync(out))).verify()).outcome).toBe("intact");
    },
  );

  it.each([{ threads: 1 }, { threads: 2, nativeHash: false }, { threads: 2, compression: "lz4" }] as const)(
    "needs no thread: %j",
    async (options) => {
      const out = join(targets.folder, "alone.msl");
      await acquire(target.pid, await fileSink(out, { overwrite: true }), options);
      expect([seen.started, seen.shared]).toEqual([0, 0]);
      expect((await (await openCapture(readFileSync(out))).verify()).outcome).toBe("intact");
    },
  );

  it.each([{}, { freeze: true }])("throws if the thread is lost, and stays without an end: %j", async (options) => {
    seen.failsBehind = 50 * MIB;
    const out = join(targets.folder, "lost.msl");
    const capturing = acquire(target.pid, await fileSink(out, { overwrite: true }), { ...options, threads: 2 });
    await expect(capturing).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("is lost") });
    await expectBeginning(out);
  });

  it.each([{}, { freeze: true }])("can be aborted, and stays without an end: %j", async (options) => {
    const out = join(targets.folder, "aborted.msl");
    const abort = new AbortController();
    const capturing = acquire(target.pid, await fileSink(out, { overwrite: true }), {
      ...{ ...options, threads: 2, signal: abort.signal },
      onProgress: () => abort.abort(),
    });
    await expect(capturing).rejects.toMatchObject({ code: "aborted" });
    expect(seen.started).toBe(1);
    expect(stateOf(target.pid)).not.toBe("T");
  });

  /** Readable up to its last block. */
  async function expectBeginning(path: string): Promise<void> {
    expect(stateOf(target.pid)).not.toBe("T");
    const capture = await openCapture(readFileSync(path));
    expect((await capture.verify()).outcome).toBe("incomplete");
    const { captured } = await capture.memory.extent();
    expect(captured).toBeGreaterThan(10n * BigInt(MIB));
  }
});
