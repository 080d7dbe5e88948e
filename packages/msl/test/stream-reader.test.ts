import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, type StreamBlock, verifyStream } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { concatenated, vectorV1 } from "./vectors.js";

const bytes = fixtureBytes("ms-noeoc");
const whole = new MslSliceReader(bytes);

async function* inChunks(data: Uint8Array, size: number, onEnd: () => void = () => {}) {
  try {
    for (let at = 0; at < data.length; at += size) yield data.slice(at, at + size);
  } finally {
    onEnd();
  }
}

describe("MslReader", () => {
  it.each([1, 2, 79, 80, 81, 4096, 1 << 20])("MslReader reads the same blocks in chunks of %i bytes", async (size) => {
    const data = vectorV1(0);
    const blocks: unknown[] = [];
    for await (const block of MslReader.from(inChunks(data, size))) blocks.push([block.offset, (await block.decode()).payload]);
    expect(blocks).toEqual([...new MslSliceReader(data)].map((block) => [block.offset, block.decode().payload]));
  });

  it("MslReader reads a ReadableStream", async () => {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    let count = 0;
    for await (const _ of MslReader.from(stream)) count++;
    expect(count).toBe(whole.length);
  });

  it("MslReader reads the header alone", async () => {
    expect(await MslReader.from(inChunks(bytes, 10)).header()).toEqual(whole.header);
  });

  it("MslReader skips payloads that are not read, and gives payloads in pieces", async () => {
    const parts: Uint8Array[] = [];
    for await (const block of MslReader.from(inChunks(bytes, 100))) {
      if (block.index === 4) for await (const piece of block.pieces()) parts.push(piece);
    }
    expect(concatenated(...parts)).toEqual(whole.at(4).stored);
  });

  it("MslReader continues behind a payload that was read in part", async () => {
    const offsets: number[] = [];
    for await (const block of MslReader.from(inChunks(bytes, 50))) {
      offsets.push(block.offset);
      for await (const _ of block.pieces()) break;
      if (block.length > 200) await expect(block.decode()).rejects.toMatchObject({ code: "usage" });
    }
    expect(offsets).toEqual([...whole].map(({ offset }) => offset));
  });

  it("MslReader does not hold payloads above the limit", async () => {
    for await (const block of MslReader.from(inChunks(bytes, 1000), { payloadLimit: 1000 })) {
      if (block.length - 80 > 1000) await expect(block.decode()).rejects.toMatchObject({ code: "limit", block: block.index });
      else expect((await block.decode()).problem).toBeUndefined();
    }
  });

  it("MslReader cancels the stream when its loop ends early", async () => {
    let ended = false;
    for await (const block of MslReader.from(inChunks(bytes, 100, () => (ended = true)))) if (block.index === 1) break;
    expect(ended).toBe(true);
  });

  it("the blocks of MslReader can be iterated once only", async () => {
    const reader = MslReader.from([bytes]);
    for await (const _ of reader) break;
    await expect(reader[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "usage" });
  });

  it("MslReader counts the bytes that cannot be read as blocks", async () => {
    const data = concatenated(vectorV1(0), new TextEncoder().encode("x".repeat(200)));
    const reader = MslReader.from(inChunks(data, 64));
    for await (const _ of reader);
    expect(reader.end).toMatchObject({ reason: "lost-framing", blocks: 4, eocIndex: 3, trailingBytes: 200, dataEnd: 2760 });
    expect(reader.deviations.map(({ id }) => id)).toEqual(["EOC-TRAILING"]);
  });

  it("MslReader refuses chunks that are not bytes", async () => {
    const reader = MslReader.from(["MEMSLICE"] as unknown as Uint8Array[]);
    await expect(reader.header()).rejects.toMatchObject({ code: "usage" });
  });

  it("MslReader stops at an abort", async () => {
    const controller = new AbortController();
    const reader = MslReader.from(inChunks(bytes, 100), { signal: controller.signal });
    const read = async () => {
      for await (const _ of reader) controller.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: "aborted" });
  });

  it("MslReader stops at an abort while it waits for a chunk that never comes", async () => {
    async function* stalled() {
      yield bytes.subarray(0, 50);
      await new Promise(() => {});
    }
    for (const start of [
      (signal: AbortSignal) => MslReader.from(stalled(), { signal }).header(),
      (signal: AbortSignal) => verifyStream(stalled(), { signal }),
    ]) {
      const controller = new AbortController();
      const read = start(controller.signal);
      setTimeout(() => controller.abort(), 10);
      await expect(read).rejects.toMatchObject({ code: "aborted" });
    }
  });
});

it("a stream reader takes payloads that have arrived and payloads that have not, in chunks of any length", async () => {
  const bytes = fixtureBytes("ms-basic-plain");
  const expected = [...new MslSliceReader(bytes)].map((block) => block.decode());
  for (const length of [1, 79, 80, 81, 500, 4096, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) => bytes.slice(i * length, (i + 1) * length));
    const found: unknown[] = [];
    for await (const block of MslReader.from(chunks)) {
      found.push(await block.decode());
      expect(block.unread).toBe(0);
      if (block.length > 80) await expect(block.decode()).rejects.toMatchObject({ code: "usage" });
    }
    expect(found).toEqual(expected);
  }
});

it("a stream reader gives PrevHash of every block as stored, also after the source has used the memory of a chunk again", async () => {
  const memory = new Uint8Array(1000);
  function* reused() {
    for (let at = 0; at < bytes.length; at += memory.length) {
      const chunk = bytes.subarray(at, at + memory.length);
      memory.fill(0xee);
      memory.set(chunk);
      yield memory.subarray(0, chunk.length);
    }
  }
  const blocks: StreamBlock[] = [];
  for await (const block of MslReader.from(reused())) blocks.push(block);
  const expected = [...whole].map(({ offset }) => bytes.slice(offset + 48, offset + 80));
  expect(blocks.map((block) => block.prevHash())).toEqual(expected);
  expect(blocks.map((block) => block.prevHash().buffer.byteLength)).toEqual(expected.map(() => 32));
});

it.each([30, 80, 100, 4096])("a stream reader asks for no chunk behind the block in use, in chunks of %i bytes", async (size) => {
  for (const use of ["decode", "skip"] as const) {
    let asked = 0;
    function* counted() {
      for (let at = 0; at < bytes.length; at += size) {
        asked++;
        yield bytes.subarray(at, at + size);
      }
    }
    for await (const block of MslReader.from(counted())) {
      const before = asked;
      expect((before - 1) * size).toBeLessThan(block.offset + block.length);
      await block[use]();
      expect(asked).toBe(Math.ceil((block.offset + block.length) / size));
      expect(block.unread).toBe(0);
    }
  }
});
