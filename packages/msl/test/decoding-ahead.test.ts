/** Regions that workers decompress before they are asked for are read as without workers. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BytesSink, type Capture, type OpenOptions, openCapture, type Problem, transcode } from "../src/index.js";
import { captureOf, noise, PAGE, regionPayload } from "./build-capture.js";
import { countingSource } from "./counting-source.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { concatenated } from "./vectors.js";

type Fault = "none" | "does not start" | "is not ready" | "ends with a payload";

/** The number of workers, jobs and results, and the fault that workers have. */
const seen = vi.hoisted(() => ({ started: 0, jobs: 0, results: 0, terminated: 0, fault: "none" as Fault }));
vi.mock("#threads", async (original) => {
  const platform = await original<typeof import("#threads")>();
  return {
    ...platform,
    startThread: (...[task, listener]: Parameters<typeof platform.startThread>) => {
      if (task.kind !== "decompression") return platform.startThread(task, listener);
      seen.started++;
      if (seen.fault === "does not start") throw new Error("workers are forbidden here");
      if (seen.fault === "is not ready") setTimeout(() => listener.onCrash({ code: "worker-failed", message: "it ended" }));
      const onMessage = (message: never) => {
        if ((message as { kind: string }).kind === "decompressed") seen.results++;
        if (seen.fault !== "is not ready") listener.onMessage(message);
      };
      const thread = platform.startThread(task, { ...listener, onMessage });
      return {
        ...thread,
        post: (...message: Parameters<typeof thread.post>) => {
          seen.jobs++;
          if (seen.fault === "ends with a payload") listener.onCrash({ code: "worker-failed", message: "it ended" });
          else thread.post(...message);
        },
        terminate: () => {
          seen.terminated++;
          return thread.terminate();
        },
      };
    },
  };
});
beforeEach(() => {
  Object.assign(seen, { started: 0, jobs: 0, results: 0, terminated: 0, fault: "none" });
});

const PAGES = 256;
const FLAGS = { zstd: 3, lz4: 5 };

function regionBlock(number: number, codec: "zstd" | "lz4", pages = PAGES) {
  const states = new Array<number>(pages).fill(0);
  const payload = regionPayload({ base: BigInt(number) << 32n, states, fill: 1 });
  payload.set(noise(pages * PAGE, number + 1), payload.length - pages * PAGE);
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(payload.length), true);
  return {
    type: 1,
    flags: FLAGS[codec],
    payload: concatenated(size, codec === "zstd" ? encodeZstd(payload) : encodeLz4Block(payload)),
  };
}

const regionBlocks = (count: number, pages?: number) =>
  Array.from({ length: count }, (_, number) => regionBlock(number, number % 2 === 0 ? "zstd" : "lz4", pages));

/** Waits while the condition is true, for 4 seconds at most. */
const whileTrue = async (isTrue: () => boolean) => {
  for (let turn = 0; isTrue() && turn < 2000; turn++) await new Promise((resolve) => setTimeout(resolve, 2));
};
/** For `everything`: waits behind this block until a worker has a job. */
const waitingAt = (position: number) => async (read: number) => {
  if (read === position) await whileTrue(() => seen.jobs === 0);
};

const BLOCKS = regionBlocks(12);

/** Comparing digests is faster than comparing megabytes. */
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Digests, problems and deviations of all payloads and regions, read in file order. `between` is called after each block. */
async function everything(bytes: Uint8Array, options: OpenOptions, between?: (position: number) => Promise<void>) {
  const capture = await openCapture(bytes, options);
  const found: unknown[] = [];
  for (const block of capture.blocks) {
    const { payload, problem, deviations } = await block.payload();
    found.push(digest(await payload.read(0, payload.size)), problem, deviations);
    await between?.(block.index);
  }
  for (const region of await capture.regions()) {
    found.push(await region.check(), await region.pageDataExtent());
    const { segments } = await capture.memory.read(region.baseAddr, Math.min(Number(region.endAddr - region.baseAddr), 1 << 20));
    found.push(segments.map(({ bytes: read, ...segment }) => ({ ...segment, digest: read && digest(read) })));
  }
  found.push(await capture.unreadableRegions());
  await capture.close();
  return found;
}

describe("the use of decoding threads", () => {
  /** The use after all regions were read in order. */
  async function useOf(options: OpenOptions) {
    const capture = await openCapture(captureOf(BLOCKS), options);
    for (const block of capture.blocks) {
      const { payload } = await block.payload();
      await payload.read(0, payload.size);
      await waitingAt(1)(block.index);
    }
    await capture.close();
    return capture.decodingThreads;
  }

  it("a capture says how many threads decompressed, also after it was closed", async () => {
    expect(await useOf({ threads: 2 })).toMatchObject({ asked: 2, used: expect.toSatisfy((used) => used >= 1 && used <= 2) });
    const capture = await openCapture(captureOf(BLOCKS), { threads: 1 });
    expect(capture.decodingThreads).toEqual({ used: 1, asked: 1, reason: null });
    await capture.close();
  });

  it("a capture names the reason why no worker decompressed", async () => {
    seen.fault = "does not start";
    const { used, reason } = await useOf({ threads: 2 });
    expect(used).toBe(1);
    expect(reason).toMatchObject({ code: "script-not-loaded", message: expect.stringContaining("workers are forbidden here") });
  });

  it("a capture that is not read in order had no work for workers", async () => {
    const capture = await openCapture(captureOf(BLOCKS), { threads: 2 });
    await capture.blocks.at(5).payload();
    expect(capture.decodingThreads).toMatchObject({ used: 1, asked: 2, reason: { code: "no-work" } });
    await capture.close();
  });
});

describe("worker threads", () => {
  it.each([2, 4])("%i decoding threads give the same bytes as one thread", async (threads) => {
    const bytes = captureOf(BLOCKS);
    const alone = await everything(bytes, { threads: 1 });
    expect(seen.started).toBe(0);
    const found = await everything(bytes, { threads }, waitingAt(1));
    expect(found).toEqual(alone);
    expect(seen.results).toBeGreaterThan(0);
    expect(seen.terminated).toBe(seen.started);
  });

  it.each([2, 4])(
    "%i decoding threads give the same problems and deviations of damaged payloads as one thread",
    async (threads) => {
      const blocks = regionBlocks(8, 40).map((block, number) => {
        const payload = block.payload.slice();
        // Damages every second payload, each in another part: size, magic, frame header, data. Payload 6 gets zeros at its end.
        const at = [2, 9, 14, Math.floor(payload.length / 2)][number >> 1] ?? 0;
        if (number % 2 === 1) payload[at] = (payload[at] ?? 0) ^ 0x55;
        return { ...block, payload: number === 6 ? concatenated(payload, new Uint8Array(3)) : payload };
      });
      const bytes = captureOf([...blocks, ...blocks]);
      const alone = await everything(bytes, { threads: 1 });
      const found = await everything(bytes, { threads }, waitingAt(1));
      expect(found).toEqual(alone);
      const problems = alone.flatMap((each) => (each as Problem | undefined)?.id ?? []);
      expect(problems).toContain("CMP-SIZE");
      expect(alone.flat()).toContainEqual(expect.objectContaining({ id: "CMP-TRAILING" }));
      expect(seen.jobs).toBeGreaterThan(seen.results);
    },
  );
});

it.each(["does not start", "is not ready", "ends with a payload"] as const)(
  "the reader's thread decompresses the payloads of a worker that %s, and no other worker is started",
  async (fault) => {
    const bytes = captureOf(regionBlocks(8, 40));
    const alone = await everything(bytes, { threads: 1 });
    seen.fault = fault;
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    expect(await everything(bytes, { threads: 2 }, pause)).toEqual(alone);
    // No second worker is started, since it would fail in the same way.
    expect(seen.started).toBe(1);
    expect(seen.results).toBe(0);
  },
);

it("each fixture with compressed blocks is read by threads as by one thread", async () => {
  let compressed = 0;
  for (const name of READABLE) {
    const bytes = fixtureBytes(name);
    const { blocks } = await openCapture(bytes);
    if (![...blocks].some(({ compression }) => compression !== "none")) continue;
    compressed++;
    const alone = await everything(bytes, { threads: 1 });
    for (const threads of [2, 4, "auto"] as const) expect(await everything(bytes, { threads }), name).toEqual(alone);
  }
  expect(compressed).toBeGreaterThan(5);
});

describe("no worker is started to decompress", () => {
  const reads = async (options: OpenOptions, positions: readonly number[]) => {
    const capture = await openCapture(captureOf(BLOCKS), options);
    for (const position of positions) await capture.blocks.at(position).payload();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await capture.close();
    return seen.started;
  };

  it("no worker decompresses without the option threads", async () => expect(await reads({}, [0, 1, 2, 3, 4, 5])).toBe(0));
  it("no worker decompresses for reads in another order than that of the file", async () =>
    expect(await reads({ threads: 4 }, [0, 2, 4, 3, 1, 0, 5])).toBe(0));
  it("no worker decompresses for a few regions in order with threads auto", async () =>
    expect(await reads({ threads: "auto" }, [0, 1, 2, 3])).toBe(0));
  it("no worker decompresses if the caller replaces the decoders", async () => {
    const fail = () => ({ ok: false, reason: "none here", at: 0 }) as const;
    expect(await reads({ threads: 4, codecs: { zstd: fail, lz4Block: fail } }, [0, 1, 2, 3])).toBe(0);
  });
});

it("payloads ahead take at most twice wholeLimit, and are at most one more than the threads", async () => {
  const payloadBytes = regionPayload({ base: 0n, states: new Array<number>(PAGES).fill(0), fill: 1 }).length;
  for (const [threads, wholeLimit, most] of [
    [8, payloadBytes, 1],
    [8, 2 * payloadBytes, 2],
    [2, 100 * payloadBytes, 3],
  ] as const) {
    Object.assign(seen, { started: 0, jobs: 0, results: 0 });
    const source = countingSource(captureOf(BLOCKS));
    const capture = await openCapture(source, { threads, wholeLimit });
    await capture.blocks.at(0).payload();
    await capture.blocks.at(1).payload();
    await whileTrue(() => seen.results < most);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.results).toBe(most);
    // One more payload may have been read from the source, which waits for room to be decompressed.
    const fetched = source.ranges.filter(([, length]) => BLOCKS.some(({ payload }) => payload.length === length)).length;
    expect(fetched - 2).toBeLessThanOrEqual(most + 1);
    await capture.close();
    expect(seen.terminated).toBe(seen.started);
    seen.terminated = 0;
  }
});

it("the linear memory of workers counts against the room for payloads ahead of the reader", async () => {
  // All pages are equal, so that the stored payloads are small.
  const blocks = Array.from({ length: 6 }, (_, number) => {
    const payload = regionPayload({ base: BigInt(number) << 32n, states: new Array<number>(PAGES).fill(0), fill: 1 });
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(payload.length), true);
    return { type: 1, flags: FLAGS.zstd, payload: concatenated(size, encodeZstd(payload)) };
  });
  for (const [parts, most] of [
    [1.1, 1],
    [1.4, 2],
    [2, 3],
  ] as const) {
    Object.assign(seen, { jobs: 0, results: 0 });
    const capture = await openCapture(captureOf(blocks), { threads: 2, wholeLimit: Math.ceil(parts * PAGES * PAGE) });
    await capture.blocks.at(0).payload();
    await capture.blocks.at(1).payload();
    await whileTrue(() => seen.results < most);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen.results).toBe(most);
    await capture.close();
  }
});

describe("workers that decompress end", () => {
  const started = async (options: OpenOptions = { threads: 2 }): Promise<Capture> => {
    const capture = await openCapture(countingSource(captureOf(BLOCKS)), options);
    await capture.blocks.at(0).payload();
    await capture.blocks.at(1).payload();
    await whileTrue(() => seen.jobs === 0);
    expect(seen.started).toBeGreaterThan(0);
    return capture;
  };

  it("workers end when the capture is closed", async () => {
    const capture = await started();
    await capture.close();
    expect(seen.terminated).toBe(seen.started);
  });

  it("workers end when a read is aborted, and the next read gives the same bytes", async () => {
    const capture = await started();
    const controller = new AbortController();
    const read = capture.blocks.at(2).payload(controller.signal);
    controller.abort();
    await expect(read).rejects.toMatchObject({ code: "aborted" });
    expect(seen.terminated).toBe(seen.started);
    for (const position of [2, 3, 4]) {
      const { payload } = await capture.blocks.at(position).payload();
      const bytes = await payload.read(payload.size - PAGES * PAGE, PAGES * PAGE);
      expect(Buffer.compare(bytes, noise(PAGES * PAGE, position + 1))).toBe(0);
    }
    await capture.close();
    expect(seen.terminated).toBe(seen.started);
  });

  it("workers end when the last region was read", async () => {
    const capture = await started();
    for (let position = 2; position < BLOCKS.length; position++) await capture.blocks.at(position).payload();
    expect(seen.terminated).toBe(seen.started);
    await capture.close();
  });
});

it("transcode writes the same bytes with threads as with one thread", async () => {
  const bytes = captureOf(BLOCKS);
  const output = async (threads: number) => {
    const sink = new BytesSink();
    let number = 0;
    const uuid = () => `bbbbbbbb-0000-4000-8000-${(++number).toString(16).padStart(12, "0")}`;
    await transcode(bytes, sink, { threads, compression: "none", uuid });
    return sink.bytes();
  };
  expect(Buffer.compare(await output(2), await output(1))).toBe(0);
});

it("a process with a capture that was not closed ends while its workers have nothing to do", () => {
  const entry = new URL("../dist/index.js", import.meta.url).href;
  const program = `
    import { openCapture } from ${JSON.stringify(entry)};
    const bytes = Buffer.from(process.env.CAPTURE, "base64");
    const capture = await openCapture(bytes, { threads: 2 });
    for (let i = 0; i < 8; i++) { await capture.blocks.at(i).payload(); await new Promise((resolve) => setTimeout(resolve, 20)); }
    console.log("done");`;
  const { stdout, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, CAPTURE: Buffer.from(captureOf(regionBlocks(12, 6))).toString("base64") },
  });
  expect([stdout, status, signal]).toEqual(["done\n", 0, null]);
});
