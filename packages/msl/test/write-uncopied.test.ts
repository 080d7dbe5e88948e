/** Sinks that keep what they are given, and sinks that do not, which get views of the caller's page data. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, it } from "vitest";
import { BytesSink, fileSink, MslWriter, type Sink, verifyCapture, type WriterOptions } from "../src/index.js";
import { closedOnce } from "../src/transcode/transcode.js";
import { LimitedSink } from "../src/transcode/transcode-capture.js";
import { noise } from "./chained-blocks.js";
import { lead, optionsFor, RELATED, region, requireConforming } from "./write-support.js";

const KIB = 1024;
const MIB = 1024 * KIB;
const MOST = 256 * KIB;
const OPTIONS = { contents: ["RelatedDump", "MemoryRegion"], nativeHash: false } satisfies Partial<WriterOptions>;
const REGIONS_ALONE = { contents: ["MemoryRegion"], nativeHash: false } satisfies Partial<WriterOptions>;
const NOISE = noise(3 * MIB, 11);

const folder = mkdtempSync(join(tmpdir(), "msl-uncopied-"));
afterAll(() => rmSync(folder, { recursive: true }));

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A sink that does not keep bytes: takes its time, and counts arrays that change meanwhile. */
class BorrowingSink implements Sink {
  readonly keepsBytes = false;
  readonly given: Uint8Array[] = [];
  readonly parts: Buffer[] = [];
  /** Called in the middle of each write. */
  onWrite: (write: number) => void = () => {};
  /** Writes whose bytes changed meanwhile. */
  changed = 0;
  /** The array that is being written. */
  writing: Uint8Array | undefined;

  async write(bytes: Uint8Array): Promise<void> {
    if (this.writing) throw new Error("a write began before the one before had ended");
    this.writing = bytes;
    const before = Buffer.from(bytes);
    this.given.push(bytes);
    await soon();
    try {
      this.onWrite(this.given.length);
      await soon();
      if (!before.equals(bytes)) this.changed++;
      this.parts.push(before);
    } finally {
      this.writing = undefined;
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function memory(length: number, pageData: Iterable<Uint8Array> | AsyncIterable<Uint8Array> | Uint8Array, baseAddr = 0n) {
  return { ...region(0, baseAddr), regionSize: BigInt(length), pageData };
}

/** Pieces of the first `length` bytes of NOISE in one buffer, which is overwritten when the next piece is asked for, and at the end. */
function* overwritten(length: number, sizes: readonly number[], offset: number) {
  const buffer = new Uint8Array(2 * MIB + 8);
  try {
    for (let at = 0, turn = 0; at < length; turn++) {
      const piece = buffer.subarray(offset, offset + Math.min(sizes[turn % sizes.length] ?? 1, length - at));
      piece.set(NOISE.subarray(at, at + piece.length));
      yield piece;
      at += piece.length;
      buffer.fill(0xee);
    }
  } finally {
    buffer.fill(0xee);
  }
}

const SIZES = [[2 * MIB], [MOST + 1, 1], [MOST, MOST - 1, MOST + 7], [7, 600 * KIB, 300 * KIB + 3], [513 * KIB + 5, 99, MIB]];

async function regionsOf(writer: MslWriter): Promise<void> {
  await lead(writer);
  for (const [index, sizes] of SIZES.entries()) {
    for (const length of [MOST, MOST + KIB, 3 * MIB]) {
      const base = BigInt(index) * 0x1_0000_0000n + BigInt(length) * 16n;
      await writer.memoryRegion(memory(length, overwritten(length, sizes, (3 * index) % 8), base));
      for (let block = 0; block < index; block++) await writer.relatedDump(RELATED);
    }
  }
  const data = NOISE.slice();
  await writer.memoryRegion(memory(data.length, data, 0x50_0000_0000n));
  data.fill(0);
}

async function keptCapture(options: Partial<WriterOptions> = {}): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, optionsFor({ ...OPTIONS, ...options }));
  await regionsOf(writer);
  await writer.end();
  return sink.bytes();
}

it.each([2 * MOST, MIB, 4 * MIB])(
  "a sink that takes arrays of %i bytes gets page data in fewer, and the same capture",
  async (largestWrite) => {
    const sink = Object.assign(new BorrowingSink(), { largestWrite });
    const writer = new MslWriter(sink, optionsFor({ ...OPTIONS }));
    await regionsOf(writer);
    await writer.end();
    const smaller = new BorrowingSink();
    const other = new MslWriter(smaller, optionsFor({ ...OPTIONS }));
    await regionsOf(other);
    await other.end();
    expect(sink.bytes().equals(smaller.bytes())).toBe(true);
    expect(sink.changed).toBe(0);
    const lengths = sink.given.map(({ length }) => length);
    expect(Math.max(...lengths)).toBe(Math.min(largestWrite, 3 * MIB - 4 * KIB));
    expect(lengths.length).toBeLessThan(smaller.given.length);
    await requireConforming(sink.bytes());
  },
);

it("a sink that keeps its arrays never sees them change", async () => {
  const kept: { bytes: Uint8Array; copy: Buffer }[] = [];
  const writer = new MslWriter({ write: (bytes) => void kept.push({ bytes, copy: Buffer.from(bytes) }) }, optionsFor(OPTIONS));
  await regionsOf(writer);
  await writer.end();
  expect(kept.length).toBeGreaterThan(40);
  for (const { bytes, copy } of kept) expect(copy.equals(bytes)).toBe(true);
  expect(new Set(kept.map(({ bytes }) => bytes.buffer)).size).toBe(kept.length);
  await requireConforming(Buffer.concat(kept.map(({ copy }) => copy)));
});

it("a sink that keeps its arrays may transfer them to another thread", async () => {
  const sent: ArrayBuffer[] = [];
  const send = async (bytes: Uint8Array) => {
    await soon();
    sent.push(structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] }).buffer as ArrayBuffer);
  };
  const writer = new MslWriter({ write: send }, optionsFor(OPTIONS));
  await regionsOf(writer);
  await writer.end();
  expect(Buffer.concat(sent.map((buffer) => Buffer.from(buffer))).equals(await keptCapture())).toBe(true);
});

describe("a sink that does not keep bytes", () => {
  it.each<[string, Partial<WriterOptions>]>([
    ["gathered", {}],
    ["block by block", { flush: "block" }],
    ["in fragments", { splitAbove: 700 * KIB }],
    ["compressed", { compression: "lz4" }],
    ["encrypted", { encryption: { key: new Uint8Array(32).fill(7) }, sealRandomness: { nonce: new Uint8Array(12) } }],
  ])("a sink that does not keep bytes gets the same ones, which stay until it is done: %s", async (_, options) => {
    const sink = new BorrowingSink();
    const writer = new MslWriter(sink, optionsFor({ ...OPTIONS, ...options }));
    await regionsOf(writer);
    await writer.end();
    expect(sink.changed).toBe(0);
    for (const { length } of sink.given) expect(length).toBeLessThanOrEqual(MOST);
    expect(sink.bytes().equals(await keptCapture(options))).toBe(true);
  });

  it("a sink that does not keep bytes gets views of large page data, and few other arrays", async () => {
    const sink = new BorrowingSink();
    const writer = new MslWriter(sink, optionsFor(REGIONS_ALONE));
    await lead(writer);
    for (const base of [0n, 0x100_0000n]) await writer.memoryRegion(memory(NOISE.length, NOISE, base));
    await writer.end();
    const views = sink.given.filter(({ buffer }) => buffer === NOISE.buffer);
    expect(views.map(({ length }) => length)).toEqual(Array(22).fill(MOST));
    expect(new Set(sink.given.map(({ buffer }) => buffer)).size).toBeLessThanOrEqual(3);
  });

  it("a file gets the same bytes as a sink that keeps them", async () => {
    const expected = await keptCapture();
    for (const sync of ["end", "block"] as const) {
      const path = join(folder, `${sync}.msl`);
      const sink = await fileSink(path, { sync });
      expect(sink.keepsBytes).toBe(false);
      const writer = new MslWriter(sink, optionsFor(OPTIONS));
      await regionsOf(writer);
      await writer.end();
      expect(readFileSync(path).equals(expected)).toBe(true);
    }
  });

  it.each([false, true, undefined])("sinks around a sink keep bytes if it does: %s", (keepsBytes) => {
    const sink: Sink = { keepsBytes, write: () => {} };
    expect([new LimitedSink(sink, 1).keepsBytes, closedOnce(sink).keepsBytes]).toEqual([keepsBytes, keepsBytes]);
  });

  it("a sink is given plain arrays of memory that has a fixed size and is not shared, whatever page data is", async () => {
    const length = MIB;
    const filled = (bytes: Uint8Array) => {
      bytes.set(NOISE.subarray(0, length));
      return bytes;
    };
    const resizable = { maxByteLength: 2 * MIB };
    // The type of the constructor knows one argument in older versions of the language.
    const make = (...given: unknown[]) => Reflect.construct(ArrayBuffer, given) as ArrayBuffer;
    const forms: readonly Uint8Array[] = [
      filled(new Uint8Array(new SharedArrayBuffer(length))),
      filled(Buffer.alloc(length)),
      filled(new (class Own extends Uint8Array {})(length)),
      filled(new Uint8Array(make(length, resizable))),
      filled(runInNewContext(`new Uint8Array(${length})`)),
    ];
    const sink = new BorrowingSink();
    const writer = new MslWriter(sink, optionsFor(REGIONS_ALONE));
    const keeping = new BytesSink();
    const other = new MslWriter(keeping, optionsFor(REGIONS_ALONE));
    await lead(writer);
    await lead(other);
    for (const [index, form] of forms.entries()) {
      const base = BigInt(index) * 0x100_0000n;
      await writer.memoryRegion(memory(length, [form], base));
      await other.memoryRegion(memory(length, NOISE.slice(0, length), base));
    }
    await writer.end();
    await other.end();
    for (const bytes of sink.given) {
      expect([bytes.constructor === Uint8Array, bytes.buffer instanceof ArrayBuffer]).toEqual([true, true]);
      expect("resizable" in bytes.buffer && bytes.buffer.resizable).toBe(false);
    }
    expect(sink.bytes().equals(keeping.bytes())).toBe(true);
  });

  it("a sink that fails within a region fails the writer, and the page data is let go when the sink is done", async () => {
    const all = await keptCapture();
    for (let failing = 1; failing <= 12; failing++) {
      const sink = new BorrowingSink();
      sink.onWrite = (write) => {
        if (write === failing) throw new Error("no space left");
      };
      const writer = new MslWriter(sink, optionsFor(OPTIONS));
      const failure = await regionsOf(writer).catch((error) => error);
      expect([failure.code, failure.message]).toEqual(["sink", "The sink failed: no space left"]);
      expect([sink.changed, sink.writing]).toEqual([0, undefined]);
      await expect(writer.relatedDump(RELATED)).rejects.toMatchObject({ code: "closed" });
      await writer.close();
      expect(sink.given).toHaveLength(failing);
      expect(sink.bytes().equals(all.subarray(0, sink.bytes().length))).toBe(true);
    }
  });

  it("a region that is closed while the sink writes ends when the sink is done with its page data", async () => {
    for (let closedIn = 1; closedIn <= 12; closedIn++) {
      const sink = new BorrowingSink();
      const writer = new MslWriter(sink, optionsFor(OPTIONS));
      let closing: Promise<void> | undefined;
      sink.onWrite = (write) => {
        if (write === closedIn) closing = writer.close();
      };
      await expect(regionsOf(writer)).rejects.toMatchObject({ code: "closed" });
      await closing;
      expect([sink.changed, sink.writing]).toEqual([0, undefined]);
    }
  });

  it.each([
    ["short", 2 * MIB, [NOISE.subarray(0, 2 * MIB - 1)]],
    ["long", 2 * MIB, [NOISE.subarray(0, 2 * MIB), NOISE.subarray(0, 1)]],
  ])("a region whose page data is too %s never becomes a complete block", async (_, length, pieces) => {
    const sink = new BorrowingSink();
    const writer = new MslWriter(sink, optionsFor(OPTIONS));
    await lead(writer);
    await writer.relatedDump(RELATED);
    const { size } = writer;
    await expect(writer.memoryRegion(memory(length, pieces.values()))).rejects.toMatchObject({ code: "bad-value" });
    await writer.close();
    expect(sink.bytes().length).toBeGreaterThan(size + MIB);
    expect(sink.bytes().length).toBeLessThan(size + 2 * MIB);
  });

  it("a capture whose page data changed after it was hashed is not intact", async () => {
    const data = NOISE.slice();
    const parts: Buffer[] = [];
    const write = async (bytes: Uint8Array) => {
      await soon();
      // In the second write of the region.
      if (parts.length === 2) data.fill(0, MOST, MOST + 1);
      parts.push(Buffer.from(bytes));
    };
    const writer = new MslWriter({ keepsBytes: false, write }, optionsFor(REGIONS_ALONE));
    await lead(writer);
    await writer.memoryRegion(memory(data.length, data));
    await writer.end();
    expect(parts[2]?.subarray(1).equals(NOISE.subarray(MOST + 1, 2 * MOST))).toBe(true);
    expect((await verifyCapture(Buffer.concat(parts), { threads: 1 })).outcome).toBe("altered");
  });

  it("a region whose page data is transferred while the sink writes fails", async () => {
    const data = NOISE.slice();
    let writes = 0;
    const write = async () => {
      await soon();
      if (++writes === 2) structuredClone(data.buffer, { transfer: [data.buffer] });
    };
    const writer = new MslWriter({ keepsBytes: false, write }, optionsFor(REGIONS_ALONE));
    await lead(writer);
    const failure = await writer.memoryRegion(memory(data.length, data)).catch((error) => error);
    expect([failure.code, failure.message]).toEqual(["source", expect.stringContaining("transferred or grown")]);
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
  });
});
