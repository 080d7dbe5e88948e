/** The ways through the blocks of a stream: one by one and in batches, from chunks whose memory is used again, with calls that are not awaited. */
import { describe, expect, it } from "vitest";
import { type BlockResult, MslReader, MslSliceReader, type StreamBlock } from "../src/index.js";
import { captureOf } from "./build-capture.js";
import { fixtureBytes } from "./fixtures.js";
import { vectorV1 } from "./vectors.js";

const bytes = fixtureBytes("ms-noeoc");
const whole = [...new MslSliceReader(bytes)];
const expected = whole.map((block) => ({ uuid: block.uuid, result: block.decode() }));
const SIZES = [1, 79, 80, 81, 500, 4096, 1 << 20];

function* chunks(data: Uint8Array, size: number, onEnd: () => void = () => {}) {
  try {
    for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
  } finally {
    onEnd();
  }
}

/** Chunks that all use the same memory. */
function* refilled(data: Uint8Array, size: number) {
  const memory = Buffer.alloc(Math.min(size, data.length));
  for (const chunk of chunks(data, size)) {
    memory.fill(0xee);
    memory.set(chunk);
    yield memory.subarray(0, chunk.length);
  }
  memory.fill(0xee);
}

async function batchesOf(reader: MslReader, range = {}) {
  const batches: { block: StreamBlock; result: BlockResult }[][] = [];
  for await (const batch of reader.decodeAll(range)) batches.push([...batch]);
  return batches;
}

const shown = (decoded: { block: StreamBlock; result: BlockResult }[]) =>
  decoded.map(({ block, result }) => ({ uuid: block.uuid, result }));

describe("chunks whose memory is used again", () => {
  it.each(SIZES)("the decoded blocks of a stream keep their bytes when chunks of %i bytes share their memory", async (size) => {
    const found: { block: StreamBlock; result: BlockResult }[] = [];
    for await (const block of MslReader.from(refilled(bytes, size))) found.push({ block, result: await block.decode() });
    expect(shown(found)).toEqual(expected);
    expect(shown((await batchesOf(MslReader.from(refilled(bytes, size)))).flat())).toEqual(expected);
  });

  it.each([7, 500, 5000])(
    "blocks that are skipped leave the next ones right when chunks of %i bytes share their memory",
    async (size) => {
      const found: unknown[] = [];
      for await (const block of MslReader.from(refilled(bytes, size))) {
        if (block.index % 2 === 1) found.push((await block.decode()).payload);
      }
      expect(found).toEqual(expected.filter((_, index) => index % 2 === 1).map(({ result }) => result.payload));
    },
  );

  it("a chunk that was transferred before it was read is an error, and not a capture that ends", async () => {
    const own = bytes.slice();
    const read = async () => {
      for await (const block of MslReader.from([own]))
        if (block.index === 1) structuredClone(own.buffer, { transfer: [own.buffer] });
    };
    await expect(read()).rejects.toMatchObject({ code: "source", message: expect.stringMatching(/transferred/) });
  });
});

describe("MslReader.decodeAll", () => {
  it.each(SIZES)("decodeAll of a stream gives the results of the slice reader, in chunks of %i bytes", async (size) => {
    const reader = MslReader.from(chunks(bytes, size));
    const batches = await batchesOf(reader);
    expect(shown(batches.flat())).toEqual(expected);
    expect(batches.every(({ length }) => length > 0 && length <= 128)).toBe(true);
    const slice = new MslSliceReader(bytes);
    expect(reader.end).toEqual(slice.end);
    expect(reader.deviations).toEqual(slice.deviations);
  });

  it("decodeAll of a stream ends a batch after 128 blocks or 512 KiB", async () => {
    const small = captureOf(Array.from({ length: 300 }, () => ({ type: 0x0777, payload: new Uint8Array(8) })));
    expect((await batchesOf(MslReader.from(small))).map(({ length }) => length).slice(1, 3)).toEqual([128, 128]);
    const large = captureOf(Array.from({ length: 8 }, () => ({ type: 0x0777, payload: new Uint8Array(200 * 1024) })));
    expect((await batchesOf(MslReader.from(large)))[1]).toHaveLength(3);
  });

  it("decodeAll of a stream decodes the blocks of a range, and cancels the stream behind it", async () => {
    let ended = 0;
    const reader = () => MslReader.from(chunks(bytes, 100, () => ended++));
    expect(shown((await batchesOf(reader(), { from: 2, to: 4 })).flat())).toEqual(expected.slice(2, 4));
    expect(shown((await batchesOf(reader(), { from: 3 })).flat())).toEqual(expected.slice(3));
    expect(await batchesOf(reader(), { to: 0 })).toEqual([]);
    expect(ended).toBe(3);
  });

  it("decodeAll of a stream holds back no block while it waits for a chunk", async () => {
    const [, , third] = whole;
    async function* stalled() {
      yield bytes.subarray(0, (third?.offset ?? 0) + 90);
      await new Promise(() => {});
    }
    const seen: number[] = [];
    const batches = MslReader.from(stalled()).decodeAll();
    while (seen.length < 2) {
      const { value } = await batches.next();
      seen.push(...(value ?? []).map(({ block }) => block.index));
    }
    expect(seen).toEqual([0, 1]);
  });

  it("decodeAll of a stream gives the blocks before one that it refuses, and then throws", async () => {
    const longest = whole.findIndex(({ length }) => length > 2000);
    const seen: number[] = [];
    const read = async () => {
      for await (const batch of MslReader.from(bytes, { payloadLimit: 1900 }).decodeAll())
        seen.push(...batch.map(({ block }) => block.index));
    };
    await expect(read()).rejects.toMatchObject({ code: "limit", block: longest });
    expect(longest).toBeGreaterThan(0);
    expect(seen).toEqual(Array.from({ length: longest }, (_, index) => index));
  });

  it("decodeAll refuses wrong options at once, and a stream that was read", async () => {
    const reader = MslReader.from(bytes);
    expect(() => reader.decodeAll({ form: 3 } as never)).toThrow(expect.objectContaining({ code: "usage" }));
    for await (const _ of reader) break;
    await expect(reader.decodeAll().next()).rejects.toMatchObject({ code: "usage" });
  });
});

describe("calls that are not awaited", () => {
  it.each(SIZES)("a stream reader answers calls of next in their order, in chunks of %i bytes", async (size) => {
    const blocks = MslReader.from(chunks(bytes, size))[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: whole.length + 2 }, () => blocks.next()));
    expect(results.map(({ value }) => value?.uuid)).toEqual([...expected.map(({ uuid }) => uuid), undefined, undefined]);
    expect(results.map(({ done }) => done).slice(-3)).toEqual([false, true, true]);
  });

  it.each(SIZES)("a stream reader decodes blocks without being waited for, in chunks of %i bytes", async (size) => {
    const results: Promise<BlockResult>[] = [];
    for await (const block of MslReader.from(chunks(bytes, size))) results.push(block.decode());
    expect(await Promise.all(results)).toEqual(expected.map(({ result }) => result));
  });
});

describe("a stream whose chunks are all there", () => {
  /** A header, and chunks of 64 KiB without end, each with one block. */
  function* endless() {
    yield vectorV1(0).slice(0, 64);
    const block = new Uint8Array(64 * 1024);
    block.set(vectorV1(0).subarray(64, 144));
    new DataView(block.buffer).setUint32(8, block.length, true);
    for (;;) yield block;
  }

  it.each(["block by block", "in batches"] as const)(
    "an abort is heard while a stream that never waits is read %s",
    async (way) => {
      const reader = MslReader.from(endless(), { signal: AbortSignal.timeout(30), blockLimit: 2 ** 40 });
      const read = async () => {
        for await (const _ of way === "in batches" ? reader.decodeAll() : reader);
      };
      await expect(read()).rejects.toMatchObject({ code: "aborted" });
    },
  );

  it("an abort is heard while the blocks of one chunk are read", async () => {
    const chunk = captureOf(Array.from({ length: 1000 }, () => ({ type: 0x0777 })));
    const controller = new AbortController();
    let decoded = 0;
    const read = async () => {
      setTimeout(() => controller.abort());
      for await (const _ of MslReader.from([chunk], { signal: controller.signal })) {
        const began = performance.now();
        while (performance.now() - began < 0.2);
        decoded++;
      }
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
    expect(decoded).toBeLessThan(1000);
  });

  it("an error ends the blocks of a stream", async () => {
    const blocks = MslReader.from(bytes, { blockLimit: 2 })[Symbol.asyncIterator]();
    await blocks.next();
    await blocks.next();
    await expect(blocks.next()).rejects.toMatchObject({ code: "limit" });
    expect(await blocks.next()).toEqual({ done: true, value: undefined });
  });
});
