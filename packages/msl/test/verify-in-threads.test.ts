import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SlabChain } from "@memslice/core-wasm";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MslError, openCapture, type Source, type VerifyReport, verifyCapture } from "../src/index.js";
import { openFileSource } from "../src/source/file-source.js";
import { ProgressMeter } from "../src/source/read-ahead.js";
import { BytesSource } from "../src/source/source.js";
import { SlabTeam } from "../src/threads/slab-team.js";
import { verifyInThreads } from "../src/verify/verify-in-threads.js";
import { type ChainedBlock, chainedCapture, noise } from "./chained-blocks.js";
import { fixtureBytes, fixturePath, READABLE, REFUSED } from "./fixtures.js";
import { concatenated, vectorV1, vectorV6 } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "msl-threads-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: Uint8Array, name = "capture.msl"): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A report without the time that the verification took and the threads that worked; its broken links as an array. */
function facts({ elapsedMs: _, threads: __, breaks, ...report }: VerifyReport) {
  return { ...report, breaks: [...breaks] };
}

async function verified(input: string | Uint8Array | Source, threads: number, strict = false) {
  const capture = await openCapture(input);
  try {
    return facts(await capture.verify({ threads, strict }));
  } finally {
    await capture.close();
  }
}

/** The report of `verifyInThreads`, which `verify` calls for large captures only; the code of the reason if `verifyInThreads` cannot do the work. */
async function threaded(input: string | Uint8Array, threads: number, slabBytes: number) {
  const capture = await openCapture(input);
  const source: Source = typeof input === "string" ? await openFileSource(input) : new BytesSource(input);
  try {
    const headerBytes = await source.read(0, capture.header.headerSize);
    const progress = new ProgressMeter(source.size, undefined);
    const report = await verifyInThreads(source, capture.header, headerBytes, {
      strict: false,
      threads,
      asked: threads,
      slabBytes,
      progress,
    });
    return "code" in report ? report.code : facts(report);
  } finally {
    await source.close?.();
    await capture.close();
  }
}

const header = vectorV1(0).slice(0, 64);
const end: ChainedBlock = { type: 0x0fff, payload: new Uint8Array(48) };

describe("the report for any number of threads", () => {
  it("threads make the report of one thread for every fixture, from a file and from memory", { timeout: 180_000 }, async () => {
    for (const name of READABLE) {
      const alone = await verified(fixturePath(name), 1);
      expect(await verified(fixturePath(name), 2), name).toEqual(alone);
      expect(await verified(fixtureBytes(name), 4), name).toEqual(alone);
      const isBlake3 = alone.hashAlgo === 0 && fixtureBytes(name)[8] === 1;
      // verifyInThreads makes no second pass to explain a FileHash, and does not compute SHA-256.
      if (isBlake3 && !alone.explanation) expect(await threaded(fixturePath(name), 4, 1024), name).toEqual(alone);
    }
  });

  it("threads make the report of one thread for random blocks and slab sizes", { timeout: 180_000 }, async () => {
    const payload = fc.oneof(fc.nat(300), fc.integer({ min: 900, max: 1100 }), fc.nat(60_000)).map((length) => noise(length));
    const type = fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(0x0fff) });
    const block = fc.record({ type, payload, wrongLink: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 10, max: 15 }),
        fc.boolean(),
        async (blocks, threads, slabLog2, isFile) => {
          const bytes = chainedCapture(header, blocks);
          const alone = await verified(bytes, 1);
          expect(await threaded(isFile ? fileOf(bytes) : bytes, threads, 2 ** slabLog2)).toEqual(alone);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });

  it("threads make the report of one thread if every link is broken", async () => {
    const blocks = Array.from({ length: 5000 }, (_, i) => ({ type: 1, payload: noise(i % 50), wrongLink: true }));
    const bytes = chainedCapture(header, [...blocks, { ...end, wrongLink: true }]);
    const alone = await verified(bytes, 1);
    expect(alone.breaks).toHaveLength(5001);
    for (const slabBytes of [2048, 65_536]) expect(await threaded(fileOf(bytes), 4, slabBytes)).toEqual(alone);
  });

  it("threads make the report of one thread if a header variant explains the hashes", async () => {
    const hashed = header.slice();
    hashed.set([0, 0, 0, 0], 0x39);
    const blocks = [{ type: 1, payload: noise(5000) }, { type: 1, payload: noise(100), wrongLink: false }, end];
    for (const tail of [blocks, blocks.slice(0, 2), [{ ...end }]]) {
      const bytes = chainedCapture(header, tail, hashed);
      const alone = await verified(bytes, 1);
      expect(alone).toMatchObject({ anchor: "other", explanation: { variant: { id: "block-count-zero" }, chainHolds: true } });
      for (const slabBytes of [1024, 4096, 1 << 20]) expect(await threaded(bytes, 2, slabBytes)).toEqual(alone);
    }
    const edited = vectorV6();
    edited[0x0b] = 1;
    expect(await threaded(edited, 2, 1024)).toEqual(await verified(edited, 1));
  });

  it("one thread verifies captures with hashes other than BLAKE3", async () => {
    const sha256 = fixturePath("ms-hash-sha512-256");
    expect(await verified(sha256, 2)).toEqual(await verified(sha256, 1));
    expect((await verifyCapture(sha256, { threads: 2 })).threads).toMatchObject({ used: 1, reason: { code: "other-hash" } });
  });
});

describe("one flipped bit in 64 MiB", () => {
  // Payloads of 0 bytes to 4 MiB, and one of 20 MiB.
  const lengths = [0, 20 << 20, ...Array.from({ length: 700 }, (_, i) => (i * 7919) % 3000)];
  while (lengths.reduce((sum, length) => sum + length + 80, 64) < 60 << 20) lengths.push((lengths.length * 104_729) % (4 << 20));
  const pool = noise(20 << 20);
  const bytes = chainedCapture(header, [...lengths.map((length) => ({ type: 1, payload: pool.subarray(0, length) })), end]);
  const offsets = [64];
  for (const length of lengths) offsets.push((offsets.at(-1) ?? 0) + 80 + length);
  const eocOffset = offsets.at(-1) ?? 0;

  it("one flipped bit in 64 MiB makes the capture altered and is located in its block, with one thread and with two", {
    timeout: 300_000,
  }, async () => {
    const path = fileOf(bytes, "large.msl");
    const descriptor = openSync(path, "r+");
    const random = noise(200, 5);
    const view = new DataView(random.buffer);
    // In the file header, in PrevHash of block 1 and of End-of-Capture, at both sides of a slab border, and at random places.
    const positions = [0x28, 64 + 80 + 50, eocOffset + 60, (1 << 20) - 1, 1 << 20];
    while (positions.length < 40) positions.push(64 + (view.getUint32(4 * positions.length) % (eocOffset - 64)));
    try {
      for (const position of positions) {
        const flipped = Uint8Array.of((bytes[position] ?? 0) ^ (1 << (position % 8)));
        writeSync(descriptor, flipped, 0, 1, position);
        const index = position < 64 ? null : offsets.findLastIndex((offset) => offset <= position);
        for (const threads of [1, 2]) {
          const report = await verified(path, threads).catch((error: unknown) => error as MslError);
          if (report instanceof MslError) throw report;
          expect(report.outcome, `byte ${position}, ${threads} threads`).toBe("altered");
          // An altered magic ends the walk over the blocks, and an altered BlockLength leads it to a wrong place: the block behind is then unknown.
          const framing = index !== null && position - (offsets[index] ?? 0) < 12;
          if (!framing) expect(report.firstBadBlock?.index, `byte ${position}, ${threads} threads`).toBe(index);
        }
        writeSync(descriptor, bytes.subarray(position, position + 1), 0, 1, position);
      }
    } finally {
      closeSync(descriptor);
    }
    expect(await verified(path, 2)).toMatchObject({ outcome: "intact", firstBadBlock: null });
  });
});

describe("a verification that fails", () => {
  const bytes = chainedCapture(header, [{ type: 1, payload: noise(9 << 20) }, end]);

  it("verification rejects with `truncated` if the file became shorter", async () => {
    for (const threads of [1, 2]) {
      const path = fileOf(bytes, "shrinking.msl");
      const capture = await openCapture(path);
      truncateSync(path, 3_000_000);
      await expect(capture.verify({ threads, nativeHash: false })).rejects.toMatchObject({
        code: "truncated",
        offset: 3_000_000,
      });
      await capture.close();
    }
  });

  it("verification rejects with `source` if a thread cannot read the file", async () => {
    const chain = new SlabChain({ size: 100_000, threads: 2, slabBytes: 1024, fed: false });
    chain.begin(header, header);
    const team = new SlabTeam(chain, { descriptor: 12_345, path: "nowhere.msl" });
    await team.start();
    await expect(team.ended).rejects.toMatchObject({
      code: "source",
      offset: 0,
      message: /^nowhere\.msl cannot be read at offset 0/,
    });
    await team.dismiss();
  });

  it("verification rejects with the error of a source that fails while its bytes are passed to threads", async () => {
    const source: Source = {
      size: bytes.length,
      read: async (offset, length) => {
        if (offset > 5_000_000) throw new MslError("source", "the cable was cut", { offset });
        return bytes.subarray(offset, offset + length);
      },
    };
    const capture = await openCapture({ ...source, read: async (offset, length) => bytes.subarray(offset, offset + length) });
    const progress = new ProgressMeter(source.size, undefined);
    const work = { strict: false, threads: 2, asked: 2, progress };
    await expect(verifyInThreads(source, capture.header, header, work)).rejects.toMatchObject({ code: "source" });
  });

  it("verification rejects with the error that onProgress throws", async () => {
    const onProgress = () => {
      throw new Error("no paper left");
    };
    const capture = await openCapture(fileOf(bytes));
    for (const threads of [1, 2]) await expect(capture.verify({ threads, onProgress })).rejects.toThrow("no paper left");
    await capture.close();
  });

  it("verification refuses numbers of threads other than 1 to 64", async () => {
    const capture = await openCapture(vectorV1(0));
    for (const threads of [0, -1, 1.5, 65, Number.NaN]) {
      await expect(capture.verify({ threads })).rejects.toMatchObject({ code: "usage" });
    }
    expect((await capture.verify({ threads: 64 })).outcome).toBe("intact");
  });

  it("closing a capture during a verification waits for the threads that read its file", async () => {
    const capture = await openCapture(fileOf(bytes));
    const verifying = capture.verify({ threads: 2, nativeHash: false });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await capture.close();
    expect((await verifying).outcome).toBe("intact");
  });
});

describe("progress and cancellation", () => {
  const path = fileOf(concatenated(chainedCapture(header, [{ type: 1, payload: noise(40 << 20) }]), noise(40 << 20)), "slow.msl");

  it.each([1, 2])("verification reports bytes, rate and time left up to the last byte, with %i threads", async (threads) => {
    const capture = await openCapture(path);
    const seen: number[] = [];
    await capture.verify({
      threads,
      onProgress: ({ bytesDone, bytesTotal, bytesPerSecond, msLeft }) => {
        expect(bytesTotal).toBe(capture.size);
        if (bytesDone > 0) expect(bytesPerSecond).toBeGreaterThan(0);
        if (msLeft !== undefined) expect(msLeft).toBeCloseTo(((capture.size - bytesDone) / bytesPerSecond) * 1000, 3);
        seen.push(bytesDone);
      },
    });
    await capture.close();
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(capture.size);
  });

  it.each([1, 2])("verification rejects with `aborted` soon after the signal fires, with %i threads", async (threads) => {
    const capture = await openCapture(path);
    const controller = new AbortController();
    const verifying = capture.verify({ threads, signal: controller.signal });
    await new Promise((resolve) => setTimeout(resolve, 10));
    const asked = performance.now();
    controller.abort();
    await expect(verifying).rejects.toMatchObject({ code: "aborted" });
    expect(performance.now() - asked).toBeLessThan(2000);
    await expect(capture.verify({ threads, signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
    // `close` would wait for threads that still read.
    await capture.close();
  });

  it("the process exits after a verification has ended, and after a verification was aborted", () => {
    const library = fileURLToPath(new URL("../dist/index.js", import.meta.url));
    const program = `
      const { openCapture } = await import(${JSON.stringify(library)});
      const capture = await openCapture(${JSON.stringify(path)});
      const { blocks } = await capture.verify({ threads: 2, nativeHash: false });
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      const stopped = await capture.verify({ threads: 2, nativeHash: false, signal: controller.signal }).catch((error) => error.code);
      console.log(blocks, stopped);
      process.on("exit", () => console.log("exit"));`;
    const { stdout, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
      timeout: 50_000,
    });
    expect([stdout, status, signal]).toEqual(["1 aborted\nexit\n", 0, null]);
  });
});

describe("verifyCapture", () => {
  it("verifyCapture has the same report and errors as `verify` of an opened capture", async () => {
    const outcome = (work: Promise<VerifyReport>) => work.then(facts, (error: MslError) => [error.code, error.message]);
    const viaCapture = async (input: Uint8Array, strict: boolean) => (await openCapture(input, { strict })).verify();
    const inputs = [...READABLE, ...REFUSED].map(fixtureBytes);
    // A big-endian header before little-endian blocks.
    inputs.push(vectorV1(0).fill(2, 8, 9), new Uint8Array(10));
    for (const input of inputs) {
      for (const strict of [false, true]) {
        expect(await outcome(verifyCapture(input, { strict }))).toEqual(await outcome(viaCapture(input, strict)));
      }
    }
  });

  it("verifyCapture reads the header once", async () => {
    const bytes = vectorV1(0);
    const reads: number[] = [];
    const read = async (offset: number, length: number) => {
      reads.push(offset);
      return bytes.subarray(offset, offset + length);
    };
    expect((await verifyCapture({ size: bytes.length, read })).outcome).toBe("intact");
    expect(reads.filter((offset) => offset < 64)).toEqual([0]);
  });
});
