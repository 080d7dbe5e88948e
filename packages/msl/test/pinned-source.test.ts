/** Sources that change while a capture is open: reads return the verified bytes, or fail. */
import { describe, expect, it } from "vitest";
import { BytesSink, openCapture, type Source, transcode } from "../src/index.js";
import { PinnedSource } from "../src/source/pinned-source.js";
import { BytesSource } from "../src/source/source.js";
import { fixtureBytes } from "./fixtures.js";
import { lead, region, written } from "./write-support.js";

/** A source in memory whose bytes a test alters. */
class ChangingSource implements Source {
  readonly size: number;
  now: Uint8Array;
  reads = 0;

  constructor(bytes: Uint8Array) {
    this.size = bytes.length;
    this.now = bytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.reads += length;
    return this.now.slice(offset, offset + length);
  }

  /** Alters one byte. */
  alter(offset: number): void {
    this.now = this.now.slice();
    this.now[offset] = (this.now[offset] ?? 0) ^ 1;
  }
}

const WINDOW = 128 * 1024;
const BASE = 0x10_0000n;
const PAGES = 600;

/** A capture of one region, and the offsets of its page data and of its block. */
async function captureOfRegion() {
  const { bytes } = await written({ contents: ["MemoryRegion"] }, async (writer) => {
    await lead(writer);
    await writer.memoryRegion(region(PAGES, BASE));
  });
  const capture = await openCapture(bytes);
  const [block] = [...capture.blocks.ofType(1)];
  return { bytes, blockAt: block?.offset ?? 0, pageDataAt: (block?.payloadOffset ?? 0) + 32 + PAGES / 4 + 2 };
}

describe("a pinned source", () => {
  const bytes = Uint8Array.from({ length: 5 * WINDOW + 100 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
  const places: readonly (readonly [number, number])[] = [
    [0, 0],
    [0, 16],
    [WINDOW - 8, 16],
    [WINDOW, WINDOW],
    [WINDOW - 1, 2 * WINDOW + 2],
    [4 * WINDOW, WINDOW + 100],
    [5 * WINDOW, 100],
    [5 * WINDOW + 99, 1],
    [1, 5 * WINDOW + 99],
  ];

  it("a pinned source gives the bytes of its source for reads across windows", async () => {
    const pinned = new PinnedSource(new BytesSource(bytes));
    for (const [offset, length] of [...places, ...places]) {
      const expected = Buffer.from(bytes.subarray(offset, offset + length));
      expect(Buffer.compare(await pinned.read(offset, length), expected)).toBe(0);
      const target = new Uint8Array(length);
      await pinned.readInto(offset, target);
      expect(Buffer.compare(target, expected)).toBe(0);
    }
    await expect(pinned.read(bytes.length, 1)).rejects.toMatchObject({ code: "truncated" });
  });

  it.each(places.filter(([, length]) => length > 0))(
    "a pinned source throws `changed` if byte %i, the first of %i, was changed",
    async (offset, length) => {
      const source = new ChangingSource(bytes);
      const pinned = new PinnedSource(source);
      await pinned.read(0, bytes.length);
      source.alter(offset);
      await expect(pinned.read(offset, length)).rejects.toMatchObject({ code: "changed" });
    },
  );

  it("a pinned source throws `changed` for a changed byte in the window of a read, also outside the read range", async () => {
    const source = new ChangingSource(bytes);
    const pinned = new PinnedSource(source);
    await pinned.read(WINDOW + 10, 1);
    source.alter(2 * WINDOW - 1);
    await expect(pinned.read(WINDOW, WINDOW)).rejects.toMatchObject({ code: "changed" });
  });

  it.each([
    ["was zeros", 1],
    ["became zeros", 0],
  ])("a pinned source throws `changed` for a window that %s", async (_, later) => {
    const source = new ChangingSource(new Uint8Array(3 * WINDOW).fill(1 - later));
    const pinned = new PinnedSource(source);
    await pinned.read(0, source.size);
    source.now = source.now.slice().fill(later, WINDOW, 2 * WINDOW);
    await pinned.read(0, WINDOW);
    await expect(pinned.read(0, source.size)).rejects.toMatchObject({ code: "changed" });
  });

  it("a pinned source throws `changed` for one byte in a window of zeros", async () => {
    const source = new ChangingSource(new Uint8Array(2 * WINDOW));
    const pinned = new PinnedSource(source);
    await pinned.read(0, source.size);
    source.alter(2 * WINDOW - 1);
    await expect(pinned.read(WINDOW, WINDOW)).rejects.toThrow("The capture was changed while it was open: bytes 131072-262143");
  });

  it("short reads of the same window read it once, one after the other and at the same time", async () => {
    const source = new ChangingSource(bytes);
    const pinned = new PinnedSource(source);
    await Promise.all(Array.from({ length: 50 }, (_, i) => pinned.read(i * 100, 100)));
    for (let at = 0; at + 100 <= WINDOW; at += 1000) await pinned.read(at, 100);
    expect(source.reads).toBe(WINDOW);
  });

  it("a pinned source gives the right bytes to simultaneous reads of more windows than it keeps", async () => {
    const windows = 40;
    const many = Uint8Array.from({ length: windows * WINDOW }, (_, i) => (i * 7 + (i >> 12)) & 0xff);
    const pinned = new PinnedSource(new ChangingSource(many));
    const offsets = Array.from({ length: 400 }, (_, i) => ((i * 17) % windows) * WINDOW + i);
    const read = await Promise.all(offsets.map((offset) => pinned.read(offset, 64)));
    for (const [i, offset] of offsets.entries()) expect(read[i]).toEqual(many.subarray(offset, offset + 64));
  });

  it("the digests of a pinned source take 4 MiB at most", () => {
    const sized = (size: number) => new PinnedSource({ size, read: async () => new Uint8Array(0) });
    expect(sized(2 ** 30).windowBytes).toBe(WINDOW);
    expect(sized(2 ** 34).windowBytes).toBe(WINDOW);
    expect(sized(2 ** 40).windowBytes).toBe(8 * 1024 * 1024);
  });
});

describe("transcode", () => {
  /** Transcodes a source whose byte `at` of the page data changes when the output is begun. */
  async function transcodedWhileChanging(at: number, opened: boolean) {
    const { bytes, pageDataAt } = await captureOfRegion();
    const source = new ChangingSource(bytes);
    const sink = new BytesSink();
    let altered = false;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase !== "write" || altered) return;
      source.alter(pageDataAt + at);
      altered = true;
    };
    const report = await transcode(opened ? await openCapture(source) : source, sink, { onProgress });
    expect(altered).toBe(true);
    return { bytes, output: sink.bytes(), report };
  }

  it.each([
    ["a source", false],
    ["an opened capture", true],
  ])("transcode throws `changed` if bytes of %s change after they were verified", async (_, opened) => {
    await expect(transcodedWhileChanging(400_000, opened)).rejects.toMatchObject({ code: "changed" });
  });

  it("transcode copies the verified bytes if they are kept in memory", async () => {
    const { bytes, output, report } = await transcodedWhileChanging(20_000, false);
    expect(Buffer.compare(output, bytes)).toBe(0);
    expect(report.complete).toBe(true);
  });

  it("transcode does not use an index that was read before the source changed and changed back", async () => {
    const { bytes, blockAt } = await captureOfRegion();
    const source = new ChangingSource(bytes);
    const good = source.now;
    // The last byte of the BlockUUID of the region.
    source.alter(blockAt + 31);
    const capture = await openCapture(source);
    source.now = good;
    const sink = new BytesSink();
    const report = await transcode(capture, sink);
    expect(report.source.integrity?.outcome).toBe("intact");
    expect(Buffer.compare(sink.bytes(), bytes)).toBe(0);
    await capture.close();
  });

  it("transcode leaves a capture open that was opened before", async () => {
    const { bytes } = await captureOfRegion();
    let closed = 0;
    const source: Source = { size: bytes.length, read: async (o, l) => bytes.slice(o, o + l), close: async () => void closed++ };
    const capture = await openCapture(source);
    await transcode(capture, new BytesSink());
    expect(closed).toBe(0);
    expect((await capture.memory.read(BASE, 4)).complete).toBe(true);
  });
});

describe("a capture opened with `pin`", () => {
  it("a pinned capture reads the bytes that were verified, or throws `changed`", async () => {
    const { bytes, pageDataAt } = await captureOfRegion();
    const source = new ChangingSource(bytes);
    const capture = await openCapture(source, { pin: true });
    expect((await capture.verify()).outcome).toBe("intact");
    expect((await capture.memory.read(BASE, 4096)).complete).toBe(true);
    source.alter(pageDataAt + 200_000);
    await expect(capture.memory.read(BASE + 200_000n, 1)).rejects.toMatchObject({ code: "changed" });
    expect((await capture.memory.read(BASE, 4096)).complete).toBe(true);
  });

  it("verification of a pinned capture hashes the bytes that were read before, or throws `changed`, also in threads", async () => {
    const { bytes, pageDataAt } = await captureOfRegion();
    for (const threads of [1, 2]) {
      const source = new ChangingSource(bytes);
      const capture = await openCapture(source, { pin: true });
      await capture.memory.read(BASE + 300_000n, 1);
      source.alter(pageDataAt + 300_000);
      await expect(capture.verify({ threads, nativeHash: false })).rejects.toMatchObject({ code: "changed" });
    }
  });

  it("a pinned capture gives the same reports and bytes as without pin", async () => {
    for (const name of ["ms-basic-plain", "md-zstd", "lm-lz4", "x-flip-middle"]) {
      const plain = await openCapture(fixtureBytes(name));
      const pinned = await openCapture(fixtureBytes(name), { pin: true });
      const reports = await Promise.all([plain, pinned].map(async (capture) => ({ ...(await capture.verify()), elapsedMs: 0 })));
      expect(JSON.stringify(reports[1])).toEqual(JSON.stringify(reports[0]));
      expect(pinned.deviations).toEqual(plain.deviations);
      expect(await pinned.pinned()).toBe(pinned);
    }
  });
});
