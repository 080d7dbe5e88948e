import { beforeEach, describe, expect, it, vi } from "vitest";
import { MslWriter, type Sink } from "../src/index.js";
import { bufferOf, type CompressionAnswer, type CompressionJob, rulesOf } from "../src/threads/compression-worker.js";
import type { RunningThread, ThreadListener, WorkerReady } from "../src/threads/threads.js";
import { compressPayload } from "../src/write/compress-payload.js";
import { begin, lead, optionsFor, region, requireConforming, written } from "./write-support.js";

type Listener = ThreadListener<CompressionAnswer | WorkerReady>;

const platform = vi.hoisted(() => ({
  available: 2,
  started: 0,
  terminated: 0,
  start:
    (_listener: unknown, _number: number): ((job: unknown) => void) =>
    () => {},
}));
vi.mock("#threads", () => ({
  availableThreads: () => platform.available,
  startThread: (_task: unknown, listener: unknown): RunningThread => {
    const post = platform.start(listener, ++platform.started);
    return {
      post,
      holdProcess: () => {},
      terminate: async () => {
        platform.terminated++;
      },
    };
  },
}));
beforeEach(() => {
  Object.assign(platform, { available: 2, started: 0, terminated: 0 });
});

/** Simulates workers in the thread of the test: each becomes ready, and `onJob` sends its answers to the jobs that it is given. */
function start(onJob: (job: CompressionJob, listener: Listener, worker: number) => void) {
  platform.start = (listener, number) => {
    setTimeout(() => (listener as Listener).onMessage({ kind: "ready" }));
    return (job) => setTimeout(() => onJob(job as CompressionJob, listener as Listener, number));
  };
}

/** Answers a job as a real worker does, and gives back the buffer of the payload with other bytes in it. */
const works = (job: CompressionJob, { onMessage }: Listener) => {
  const { bytes, ...stored } = compressPayload(new Uint8Array(job.payload), rulesOf(job));
  const payload = job.payload.slice(0);
  new Uint8Array(payload).fill(0xee);
  onMessage({ kind: "stored", bytes: bufferOf(bytes), payload, ...stored });
};

const options = { contents: ["MemoryRegion"], compression: "zstd" } as const;
const sixRegions = Array.from({ length: 6 }, (_, number) => region(40, BigInt(number) << 32n));
/** The capture that a writer without worker threads writes. */
const alone = async () =>
  (
    await written(options, async (writer) => {
      await lead(writer);
      for (const each of sixRegions) await writer.memoryRegion(each);
    })
  ).bytes;

describe("a writer whose workers do not start", () => {
  /** The capture that a writer with the option `threads` writes. */
  const threaded = async () =>
    (
      await written({ ...options, threads: 2 }, async (writer) => {
        await lead(writer);
        await Promise.all(sixRegions.map((each) => writer.memoryRegion(each)));
      })
    ).bytes;

  it("a writer compresses in the caller's thread if the platform has no workers", async () => {
    platform.available = 0;
    expect(await threaded()).toEqual(await alone());
    expect(platform.started).toBe(0);
  });

  it("a writer compresses in the caller's thread if starting a worker throws", async () => {
    platform.start = () => {
      throw new Error("workers are forbidden here");
    };
    expect(await threaded()).toEqual(await alone());
    expect(platform.started).toBe(1);
  });

  it("a writer compresses in the caller's thread if no worker becomes ready", async () => {
    platform.start = (listener) => {
      setTimeout(() => (listener as Listener).onCrash({ code: "worker-failed", message: "it ended" }), 5);
      return () => expect.fail("a worker that is not ready was given a payload");
    };
    expect(await threaded()).toEqual(await alone());
  });

  it("a writer compresses in one worker if starting the second worker throws", async () => {
    start(works);
    const { start: first } = platform;
    platform.start = (listener, number) => {
      if (number === 1) return first(listener, number);
      throw new Error("one is enough");
    };
    expect(await threaded()).toEqual(await alone());
    expect(platform.started).toBe(2);
  });
});

describe("a writer with a worker that fails", () => {
  it.each([
    [
      "crashes",
      ({ onCrash }: Listener) => onCrash({ code: "worker-failed", message: "it ended" }),
      "internal",
      /Block 3 cannot be compressed: The worker .* ended/,
    ],
    [
      "reports an error",
      ({ onMessage }: Listener) => onMessage({ kind: "failed", code: "limit", message: "No memory for it" }),
      "limit",
      /Block 3 cannot be compressed: No memory for it/,
    ],
  ] as const)(
    "a writer rejects with an error that names the block when a worker %s, and writes the next block",
    async (_, fail, code, message) => {
      let jobs = 0;
      start((job, listener) => (++jobs === 2 ? fail(listener) : works(job, listener)));
      const { sink, writer } = begin({ ...options, threads: 2 });
      await lead(writer);
      await writer.memoryRegion(region(40));
      await expect(writer.memoryRegion(region(40))).rejects.toMatchObject({ code, block: 3, message });
      await writer.memoryRegion(region(40, 1n << 32n));
      expect((await writer.end()).blocks).toBe(5);
      await requireConforming(sink.bytes());
      expect(platform.terminated).toBe(platform.started);
    },
  );
});

it("`close` does not wait for a worker that never answers, and rejects the call that waits for the worker", async () => {
  start(() => {});
  const { writer } = begin({ ...options, threads: 2 });
  await lead(writer);
  const call = writer.memoryRegion(region(40));
  while (platform.started === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  await writer.close();
  await expect(call).rejects.toMatchObject({ code: "closed" });
  expect(platform.terminated).toBe(platform.started);
});

it("a writer terminates its workers as soon as the sink fails, before `close` is called", async () => {
  start((job, listener) => works(job, listener));
  let calls = 0;
  const sink: Sink = {
    write: () => {
      if (++calls === 3) throw new Error("no space left");
    },
  };
  const writer = new MslWriter(sink, optionsFor({ ...options, threads: 2, flush: "block" }));
  await lead(writer);
  await expect(writer.memoryRegion(region(40))).rejects.toMatchObject({ code: "sink" });
  expect(platform.started).toBeGreaterThan(0);
  expect(platform.terminated).toBe(platform.started);
});
