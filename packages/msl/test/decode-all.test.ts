/** Payloads decoded in file order: all of them by `decodeAll`, or one by one from windows that the capture keeps. The results are those of the other readers. */
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { derivedKeysOf } from "../../bench/src/samples/recorded-values.js";
import {
  type BlockInfo,
  type BlockResult,
  type Capture,
  type DecodedBlock,
  MslReader,
  MslSliceReader,
  type OpenOptions,
  openCapture,
  type Source,
} from "../src/index.js";
import { type BlockSpec, captureOf, noise, regionPayload } from "./build-capture.js";
import { countingSource } from "./counting-source.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE } from "./fixtures.js";

const KIB = 1024;
const WINDOW = 512 * KIB;
const UNKNOWN = 0x700;

async function all(capture: Capture, options: Parameters<Capture["decodeAll"]>[0] = {}): Promise<DecodedBlock[]> {
  const decoded: DecodedBlock[] = [];
  for await (const batch of capture.decodeAll(options)) decoded.push(...batch);
  return decoded;
}

async function oneByOne(capture: Capture): Promise<BlockResult[]> {
  const results: BlockResult[] = [];
  for (const block of capture.blocks) results.push(await block.decode());
  return results;
}

/** A source like a file: it fills arrays, and every answer takes a while. */
function fileLike(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
    readInto: async (offset, target) => {
      await new Promise((resolve) => setImmediate(resolve));
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** Every block, by `decodeAll` and one by one, from bytes and from a source like a file. The first one is the measure. */
async function expectSameResults(bytes: Uint8Array, options: OpenOptions = {}): Promise<void> {
  // The reader of bytes in memory takes no encrypted captures, and has no limit on stored bytes, which are in memory already.
  const isSliced = options.keys === undefined && options.payloadLimit === undefined;
  const expected = isSliced ? sliced(bytes, options) : await fromBytes(bytes, options);
  await using ofBytes = await openCapture(bytes, options);
  await using ofFile = await openCapture(fileLike(bytes), options);
  await using inOrder = await openCapture(fileLike(bytes), options);
  for (const capture of [ofBytes, ofFile]) {
    const decoded = await all(capture);
    expect(decoded.map(({ block }) => block.index)).toEqual(expected.map((_, i) => i));
    expect(decoded.map(({ block }) => block.uuid)).toEqual([...capture.blocks].map(({ uuid }) => uuid));
    expectSame(
      decoded.map(({ result }) => result),
      expected,
    );
  }
  expectSame(await oneByOne(inOrder), expected);
}

/** Names the first result that differs: `toEqual` takes a second for each MiB of bytes. */
function expectSame(results: readonly BlockResult[], expected: readonly BlockResult[]): void {
  expect(results).toHaveLength(expected.length);
  const first = results.findIndex((result, i) => !isDeepStrictEqual(result, expected[i]));
  if (first >= 0) expect(results[first]).toEqual(expected[first]);
  expect(first).toBe(-1);
}

function sliced(bytes: Uint8Array, { keys: _, signal: __, ...options }: OpenOptions): BlockResult[] {
  return [...new MslSliceReader(bytes, options)].map((block) => block.decode());
}

/** One by one, each from a capture of its own, so that no window helps. */
async function fromBytes(bytes: Uint8Array, options: OpenOptions): Promise<BlockResult[]> {
  const { length } = (await openCapture(bytes, options)).blocks;
  const results: BlockResult[] = [];
  for (let i = 0; i < length; i++) {
    await using capture = await openCapture(bytes, options);
    results.push(await capture.blocks.at(i).decode());
  }
  return results;
}

describe("decoding every sample capture in order", () => {
  it.each(READABLE)("gives the results of the reader of bytes in memory: %s", async (name) => {
    await expectSameResults(fixtureBytes(name));
  });

  it.each(READABLE)(
    "gives the results of the reader of bytes in memory, cut off at five places and searched: %s",
    async (name) => {
      const bytes = fixtureBytes(name);
      for (const part of [0.35, 0.5, 0.77, 0.9, 0.99]) {
        const cut = bytes.slice(0, Math.max(600, Math.floor(bytes.length * part)));
        cut[Math.floor(cut.length / 2)] = 0x5a;
        await expectSameResults(cut, { salvage: true });
      }
    },
  );

  it.each(READABLE)("gives the results of single blocks with low limits: %s", async (name) => {
    await expectSameResults(fixtureBytes(name), { payloadLimit: 150, entryLimit: 1 });
  });

  it.each(READABLE)("gives the results of a strict reader: %s", async (name) => {
    const bytes = fixtureBytes(name);
    const isReadable = await openCapture(bytes, { strict: true }).then(
      () => true,
      () => false,
    );
    if (isReadable) await expectSameResults(bytes, { strict: true });
  });

  it.each(ENCRYPTED)("gives the results of single blocks: %s", async (name) => {
    await expectSameResults(fixtureBytes(name), { keys: derivedKeysOf(expectation(name)) });
  });
});

/** Blocks of an unknown type with payloads of these lengths. */
function blocksOf(lengths: readonly number[]): BlockSpec[] {
  return lengths.map((length, i) => ({ type: UNKNOWN, uuid: i & 0xffff, payload: noise(length, i + 1) }));
}

/** Lengths from 0 to about twice the longest payload that is decoded from a window, most of them short. */
const LENGTHS = Array.from({ length: 900 }, (_, i) =>
  i % 41 === 0 ? 60 * KIB + ((i * 7919) % (70 * KIB)) : (i * 7919) % (i % 5 === 0 ? 9000 : 300),
);

/** Counts the reads of a source like a file; each one fails that touches the byte at `damage.at`. */
function watched(bytes: Uint8Array, damage = { at: -1 }) {
  const ranges: [offset: number, length: number][] = [];
  const note = (offset: number, length: number) => {
    ranges.push([offset, length]);
    if (offset <= damage.at && damage.at < offset + length) throw new Error("bad sector");
  };
  const source: Source = {
    size: bytes.length,
    read: async (offset, length) => {
      note(offset, length);
      return bytes.slice(offset, offset + length);
    },
    readInto: async (offset, target) => {
      note(offset, target.length);
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
  return { source, ranges };
}

describe("decoding in order from windows", () => {
  const mixed = captureOf([
    ...blocksOf(LENGTHS),
    { type: 1, payload: regionPayload({ base: 0x1000n, states: Array(3).fill(0), fill: 7 }) },
    { type: 1, payload: regionPayload({ base: 0x100000n, states: Array(2000).fill(0), fill: 9 }) },
    ...blocksOf([0, 0, 1, 65536, 65537, 0]),
  ]);

  it("gives each block the bytes of its payload, wherever windows end", async () => {
    await expectSameResults(mixed);
    const capture = await openCapture(fileLike(mixed));
    for (const { block, result } of await all(capture))
      expect(Buffer.compare(result.raw, mixed.subarray(block.payloadOffset, block.payloadOffset + block.payloadLength))).toBe(0);
  });

  it("takes one read for each window of 512 KiB to decode all of many small blocks", async () => {
    const bytes = captureOf(blocksOf(Array.from({ length: 20_000 }, (_, i) => i % 300)));
    const { source, ranges } = watched(bytes);
    const capture = await openCapture(source);
    const opened = ranges.length;
    expect(await all(capture)).toHaveLength(20_000);
    expect(ranges.length - opened).toBe(Math.ceil(bytes.length / WINDOW));
    expect(Math.max(...ranges.slice(opened).map(([, length]) => length))).toBeLessThanOrEqual(WINDOW);
  });

  it("takes one read for each window of 256 KiB to decode many small blocks one by one, with their PrevHash", async () => {
    const bytes = captureOf(blocksOf(Array.from({ length: 20_000 }, (_, i) => i % 300)));
    const { source, ranges } = watched(bytes);
    const capture = await openCapture(source);
    const opened = ranges.length;
    for (const block of capture.blocks) {
      expect(Buffer.compare(await block.prevHash(), bytes.subarray(block.offset + 48, block.offset + 80))).toBe(0);
      const { raw } = await block.decode();
      expect(raw.length).toBe(block.index % 300);
      if (block.index % 1000 !== 500) continue;
      const bytesBefore = raw.slice();
      raw.fill(0xee);
      expect((await block.decode()).raw).toEqual(bytesBefore);
    }
    // The first read stands alone, and four windows are shorter.
    expect(ranges.length - opened).toBeLessThanOrEqual(Math.ceil(bytes.length / (256 * KIB)) + 6);
  });

  it("reads blocks that are not in order one by one, and no byte more", async () => {
    const bytes = captureOf(blocksOf(Array(600).fill(500)));
    const { source, ranges } = watched(bytes);
    const capture = await openCapture(source);
    const opened = ranges.length;
    for (let i = 599; i >= 0; i -= 2) await capture.blocks.at(i).decode();
    const lengths = ranges.slice(opened).map(([, length]) => length);
    expect(lengths).toEqual(Array(300).fill(500));
  });

  it("reads no window of a metered source for single blocks", async () => {
    const bytes = captureOf(blocksOf(Array(50).fill(500)));
    const counted = countingSource(bytes);
    const capture = await openCapture(Object.assign(counted, { metered: true }));
    const opened = counted.ranges.length;
    await oneByOne(capture);
    expect(counted.ranges.slice(opened).map(([, length]) => length)).toEqual(Array(50).fill(500));
  });

  it("gives the same results to calls at the same time, each with bytes of its own", async () => {
    const capture = await openCapture(fileLike(mixed));
    const results = await Promise.all([...capture.blocks].map((block) => block.decode()));
    expectSame(results, sliced(mixed, {}));
    results[0]?.raw.fill(0xee);
    results[1]?.raw.fill(0xee);
    expectSame(await oneByOne(capture), sliced(mixed, {}));
  });

  it("decodes the blocks from one index up to another", async () => {
    const capture = await openCapture(fileLike(mixed));
    const { length } = capture.blocks;
    for (const [from, to] of [
      [0, 0],
      [0, 1],
      [17, 300],
      [length - 3, length],
      [5, 4],
      [length, length + 9],
      [length - 1, length + 9],
    ] as const) {
      const found = (await all(capture, { from, to })).map(({ block }) => block.index);
      expect(found).toEqual([...Array(length).keys()].slice(from, to));
    }
    expect((await all(capture, { from: length - 4 })).map(({ block }) => block.index)).toHaveLength(4);
  });

  it("gives batches that are bounded in blocks and bytes", async () => {
    const capture = await openCapture(fileLike(mixed));
    for await (const batch of capture.decodeAll()) {
      expect(batch.length).toBeGreaterThan(0);
      expect(batch.length).toBeLessThanOrEqual(128);
      expect(batch.slice(0, -1).reduce((sum, { result }) => sum + result.raw.length, 0)).toBeLessThan(WINDOW);
    }
  });

  it("leaves batches as they are when later ones are asked for", async () => {
    const capture = await openCapture(mixed);
    const batches: (readonly DecodedBlock<BlockInfo>[])[] = [];
    for await (const batch of capture.decodeAll()) batches.push(batch);
    for await (const batch of MslReader.from(mixed).decodeAll()) batches.push(batch);
    const inOrder = [...capture.blocks].map(({ index }) => index);
    expect(batches.flatMap((batch) => batch.map(({ block }) => block.index))).toEqual([...inOrder, ...inOrder]);
  });
});

describe("decoding in order when something ends it", () => {
  const bytes = captureOf(blocksOf(Array.from({ length: 6000 }, (_, i) => 200 + (i % 90))));

  it("gives every block before one that cannot be read, and then the error of that block; later blocks can be decoded", async () => {
    const plain = await openCapture(bytes);
    const { payloadOffset } = plain.blocks.at(4321);
    const damage = { at: -1 };
    const capture = await openCapture(watched(bytes, damage).source);
    // The walk over block headers reads this byte, too.
    damage.at = payloadOffset + 7;
    const found: number[] = [];
    const reading = (async () => {
      for await (const batch of capture.decodeAll()) found.push(...batch.map(({ block }) => block.index));
    })();
    await expect(reading).rejects.toThrow("bad sector");
    expect(found).toEqual([...Array(4321).keys()]);
    expect(await all(capture, { from: 4322 })).toHaveLength(6000 - 4322);
    const one = capture.blocks.at(4320);
    expect((await one.decode()).raw).toEqual((await plain.blocks.at(4320).decode()).raw);
    await expect(capture.blocks.at(4321).decode()).rejects.toThrow("bad sector");
    expect((await capture.blocks.at(4322).decode()).raw).toEqual((await plain.blocks.at(4322).decode()).raw);
  });

  it("throws `aborted` in place of the batch after an abort, and gives no block any more", async () => {
    const capture = await openCapture(fileLike(bytes));
    const controller = new AbortController();
    const batches = capture.decodeAll({ signal: controller.signal });
    expect((await batches.next()).done).toBe(false);
    controller.abort();
    await expect(batches.next()).rejects.toMatchObject({ code: "aborted" });
    expect((await batches.next()).done).toBe(true);
    const before = capture.decodeAll({ signal: controller.signal });
    await expect(before.next()).rejects.toMatchObject({ code: "aborted" });
    await expect(capture.blocks.at(0).decode(controller.signal)).rejects.toMatchObject({ code: "aborted" });
  });

  it("hears an abort while a source does not answer", async () => {
    let hangs = false;
    const source = fileLike(bytes);
    const capture = await openCapture({
      ...source,
      readInto: async (...given) => (hangs ? new Promise<void>(() => {}) : source.readInto?.(...given)),
    });
    hangs = true;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 10);
    await expect(all(capture, { signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("lets the event loop run between batches of a source that never waits", async () => {
    const capture = await openCapture(captureOf(blocksOf(Array(60_000).fill(16))));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const decoded = await all(capture);
    clearInterval(timer);
    expect(decoded).toHaveLength(60_000);
    expect(ticks).toBeGreaterThan(0);
  });

  it("refuses unknown options at once", async () => {
    const capture = await openCapture(bytes);
    expect(() => capture.decodeAll({ form: 3 } as never)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  it("reads nothing from memory after the capture was closed", async () => {
    let isClosed = false;
    const source = fileLike(bytes);
    const refusing = async () => {
      if (isClosed) throw new Error("closed");
    };
    const capture = await openCapture({
      size: source.size,
      read: async (offset, length) => refusing().then(() => source.read(offset, length)),
      close: async () => {
        isClosed = true;
      },
    });
    await capture.blocks.at(0).decode();
    await capture.blocks.at(1).decode();
    await capture.blocks.at(2).decode();
    await capture.close();
    await expect(capture.blocks.at(3).decode()).rejects.toThrow("closed");
  });
});
