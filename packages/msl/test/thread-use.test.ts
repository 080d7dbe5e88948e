import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { encodeZstd } from "@memslice/core-wasm";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { deriveKey } from "../src/encryption/argon2/derive-key.js";
import {
  BytesSink,
  describeThreads,
  initialise,
  reportJson,
  THREAD_REASONS,
  transcode,
  verifyCapture,
  verifyStream,
  writeCapture,
} from "../src/index.js";
import { threadReason } from "../src/threads/thread-use.js";
import { chainedCapture, noise } from "./chained-blocks.js";
import { fixtureBytes } from "./fixtures.js";
import { vectorV1 } from "./vectors.js";

/** `@memslice/msl/worker`, as the build makes it. */
const SCRIPT = new URL("../dist/threads/any-worker-node.js", import.meta.url);

const folder = mkdtempSync(join(tmpdir(), "msl-thread-use-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => initialise({}));

const end = { type: 0x0fff, payload: new Uint8Array(48) };
/** Some slabs of 512 KiB. */
const capture = chainedCapture(vectorV1(0).slice(0, 64), [{ type: 1, payload: noise(3 << 20) }, end]);
function regionOf(number: bigint) {
  const pageData = noise(64 * 1024);
  const place = { baseAddr: number << 32n, regionSize: BigInt(pageData.length), protection: 0, regionType: "unknown" } as const;
  return { kind: "MemoryRegion", ...place, pageSizeLog2: 12, timestampNs: 0n, pageData } as const;
}

const useOf = async (threads: number | "auto", input: Uint8Array = capture) => (await verifyCapture(input, { threads })).threads;

describe("threads of a verification", () => {
  it("a report says how many threads worked, and null where as many were asked for", async () => {
    expect(await useOf(1)).toEqual({ used: 1, asked: 1, reason: null });
    expect(await useOf(3)).toEqual({ used: 3, asked: 3, reason: null });
  });

  it("a report names small captures as the reason for fewer threads", async () => {
    expect(await useOf("auto")).toMatchObject({ used: 1, asked: "auto", reason: { code: "small-capture" } });
    // 3 MiB and 272 bytes are seven slabs of 512 KiB.
    expect(await useOf(64)).toMatchObject({ used: 7, asked: 64, reason: { code: "small-capture" } });
  });

  it("a report names hashes other than BLAKE3 as the reason for one thread", async () => {
    expect(await useOf(2, fixtureBytes("ms-hash-sha512-256"))).toMatchObject({
      used: 1,
      asked: 2,
      reason: { code: "other-hash" },
    });
  });

  it("the report on a stream says one thread, which is all that can be asked for", async () => {
    expect((await verifyStream([capture])).threads).toEqual({ used: 1, asked: 1, reason: null });
  });

  it("reportJson has the use of threads", async () => {
    const report = await verifyCapture(capture, { threads: 3 });
    expect(reportJson(report).threads).toEqual({ used: 3, asked: 3, reason: null });
  });
});

describe("a source that only the caller's thread can read", () => {
  const large = chainedCapture(vectorV1(0).slice(0, 64), [{ type: 1, payload: new Uint8Array(64 << 20) }, end]);

  it("a large source is read in slabs of 4 MiB, two at a time, for the report of one thread", async () => {
    const lengths: number[] = [];
    let [open, most] = [0, 0];
    const source = {
      size: large.length,
      read: async (offset: number, length: number) => {
        lengths.push(length);
        most = Math.max(most, ++open);
        await new Promise((resolve) => setTimeout(resolve, 1));
        open--;
        return large.subarray(offset, offset + length);
      },
    };
    const { threads, elapsedMs: _, breaks, ...report } = await verifyCapture(source, { threads: 3, nativeHash: false });
    expect(threads).toEqual({ used: 3, asked: 3, reason: null });
    const { threads: __, elapsedMs: ___, breaks: ____, ...alone } = await verifyCapture(large, { threads: 1, nativeHash: false });
    expect(report).toEqual(alone);
    expect([...breaks]).toEqual([]);
    // 16 slabs of 4 MiB; the file header, the header of block 0 and the last bytes are short reads.
    expect(lengths.filter((length) => length > 4096).length).toBe(16);
    expect(most).toBe(2);
  });

  it("a verification rejects with the error of a read that fails while another one is under way", async () => {
    const source = {
      size: large.length,
      read: async (offset: number, length: number) => {
        if (offset > 20 << 20) throw new Error("the cable was cut");
        return large.subarray(offset, offset + length);
      },
    };
    await expect(verifyCapture(source, { threads: 2, nativeHash: false })).rejects.toThrow("the cable was cut");
  });
});

describe("threads of writers", () => {
  it("writeCapture and transcode say how many threads worked, and why no more", async () => {
    const source = fixtureBytes("ms-basic-plain");
    const alone = await transcode(source, new BytesSink());
    expect(alone.threads).toEqual({ used: 1, asked: 1, reason: null });
    const plain = await transcode(source, new BytesSink(), { threads: 2 });
    expect(plain.threads).toMatchObject({ used: 1, asked: 2, reason: { code: "small-capture" } });
    expect("threads" in plain.output).toBe(false);
    const codecs = { encodeZstd };
    const own = await transcode(source, new BytesSink(), { threads: 2, compression: "zstd", codecs });
    expect(own.threads).toMatchObject({ used: 1, asked: 2, reason: { code: "own-codecs" } });
  });

  it("a writer counts the workers that compressed", async () => {
    const finished = await writeCapture(new BytesSink(), {
      header: { osType: 0xffff, archType: 0xffff, pid: 0, imported: true },
      blocks: [
        {
          payload: {
            kind: "ImportProvenance",
            sourceFormat: "raw byte stream",
            toolName: "test",
            importTimeNs: 0n,
            origFileSize: 0n,
          },
        },
        ...[0n, 1n, 2n, 3n].map((number) => ({ payload: regionOf(number) })),
      ],
      compression: "zstd",
      threads: 2,
    });
    expect(finished.threads).toMatchObject({ asked: 2, used: expect.toSatisfy((used) => used >= 1 && used <= 2) });
    expect(finished.threads.reason?.code ?? "no-work").toBe("no-work");
  });
});

describe("scripts of workers", () => {
  it.each([
    ["address", SCRIPT],
    ["address as text", SCRIPT.href],
    ["path", fileURLToPath(SCRIPT)],
    ["function", () => new Worker(SCRIPT)],
  ])("workers run the script that the program names by its %s", async (_, worker) => {
    initialise({ worker });
    expect(await useOf(3)).toEqual({ used: 3, asked: 3, reason: null });
  });

  it("the script for all workers derives keys, too", async () => {
    let started = 0;
    initialise({
      worker: () => {
        started++;
        return new Worker(SCRIPT);
      },
    });
    const salt = Uint8Array.from({ length: 16 }, (_, i) => i);
    const key = await deriveKey(new TextEncoder().encode("correct horse"), salt, {
      kdfTime: 3,
      kdfMemoryKiB: 65_536,
      kdfLanes: 4,
    });
    // Published with the specification's test vectors.
    expect(Buffer.from(key).toString("hex")).toBe("577f1ff37e9a3e52c97d39f8e83891c1b73b0e87ffe0429cee8ede2fb005fe44");
    expect(started).toBe(1);
  });

  it("a report names a script that is not there, and what to do", async () => {
    const missing = join(folder, "not-there.js");
    initialise({ worker: pathToFileURL(missing) });
    const { used, reason } = await useOf(3);
    expect(used).toBe(1);
    expect(reason?.code).toBe("script-not-loaded");
    expect(reason?.message).toContain(missing);
    expect(reason?.message).toMatch(/@memslice\/msl\/worker.*initialise\(\{ worker \}\)/);
  });

  it("a report names the failure of a script that throws", async () => {
    const failing = join(folder, "failing.mjs");
    writeFileSync(failing, `throw new RangeError("no room in this worker\\nsecond line");`);
    initialise({ worker: failing });
    const { used, reason } = await useOf(2);
    expect(used).toBe(1);
    expect(reason).toMatchObject({ code: "worker-failed", message: expect.stringMatching(/no room in this worker$/) });
  });

  it("a report names a worker that ends by itself", async () => {
    const ending = join(folder, "ending.mjs");
    writeFileSync(ending, "process.exit(7);");
    initialise({ worker: ending });
    expect((await useOf(2)).reason).toMatchObject({ code: "worker-failed", message: expect.stringContaining("exit code 7") });
  });

  it("a report names a function that returns no worker of node:worker_threads", async () => {
    initialise({ worker: () => ({ postMessage: () => {}, terminate: () => {} }) });
    const { used, reason } = await useOf(2);
    expect(used).toBe(1);
    expect(reason?.message).toContain("node:worker_threads");
  });

  it("initialise refuses a script that is no address and no function", () => {
    expect(() => initialise({ worker: 5 as never })).toThrow(
      /initialise: the option worker is 5, expected a text or a URL or a function/,
    );
    expect(() => initialise({ script: "worker.js" } as never)).toThrow(/there is no option "script"/);
  });
});

describe("reasons", () => {
  it.each(THREAD_REASONS)("the reason %s has a sentence", (code) => {
    const { message } = threadReason(code, "what was found");
    expect(message).toMatch(/^[A-Z@].*: what was found/);
    expect(describeThreads({ used: 1, asked: 4, reason: { code, message } })).toBe(`1 thread worked of 4 asked for. ${message}`);
  });

  it("the use of threads is a sentence", () => {
    expect(describeThreads({ used: 4, asked: "auto", reason: null })).toBe("4 threads worked");
  });
});
