import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAhead, SequentialReads } from "../src/source/read-ahead.js";
import { BytesSource, type Source } from "../src/source/source.js";
import { noise } from "./chained-blocks.js";

/** A source that fills arrays, as files do, and remembers which reads were begun and into which buffers. */
class FillingSource implements Source {
  readonly size: number;
  readonly begun: number[] = [];
  readonly buffers = new Set<ArrayBufferLike>();
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  async read(): Promise<Uint8Array> {
    throw new Error("The source has readInto");
  }

  async readInto(offset: number, target: Uint8Array): Promise<void> {
    this.begun.push(offset);
    this.buffers.add(target.buffer);
    await Promise.resolve();
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }
}

describe("reading ahead", () => {
  it("readAhead yields the bytes of any range in slabs of any size, from sources with and without readInto", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(500), fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 200 }), async (size, a, b, slabBytes) => {
        const bytes = noise(size, size);
        const from = Math.min(a, size);
        const end = Math.max(from, Math.min(b, size));
        for (const source of [new FillingSource(bytes), new BytesSource(bytes)]) {
          const slabs: number[][] = [];
          for await (const slab of readAhead(source, { from, end, slabBytes })) slabs.push([...slab]);
          expect(slabs.flat()).toEqual([...bytes.subarray(from, end)]);
          for (const slab of slabs.slice(0, -1)) expect(slab.length).toBe(slabBytes);
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("readAhead begins to read one slab before it yields the slab before it", async () => {
    const source = new FillingSource(noise(1000));
    const given: number[][] = [];
    for await (const _slab of readAhead(source, { slabBytes: 100 })) given.push([...source.begun]);
    expect(given[0]).toEqual([0, 100]);
    expect(given[4]).toEqual([0, 100, 200, 300, 400, 500]);
    expect(given[9]).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
  });

  it("readAhead fills two arrays by turns for any number of slabs", async () => {
    const source = new FillingSource(noise(1050));
    let slabs = 0;
    for await (const _slab of readAhead(source, { slabBytes: 100 })) slabs++;
    expect(slabs).toBe(11);
    expect(source.buffers.size).toBe(2);
  });

  it("readAhead lets timers and signals run although a source in memory never waits", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const slabs = readAhead(new BytesSource(new Uint8Array(64 * 1024 * 1024)), { signal: controller.signal });
    const pass = async () => {
      for await (const _slab of slabs);
    };
    await expect(pass()).rejects.toMatchObject({ code: "aborted" });
  });

  it.each([300, 100])("readAhead rejects if the signal fires while the caller uses the first slab of %d bytes", async (size) => {
    const controller = new AbortController();
    const slabs = readAhead(new BytesSource(noise(size)), { slabBytes: 100, signal: controller.signal });
    expect((await slabs.next()).value).toEqual(noise(size).subarray(0, 100));
    controller.abort();
    await expect(slabs.next()).rejects.toMatchObject({ code: "aborted" });
  });

  it("readAhead leaves no unhandled rejection if the caller stops before a slab that cannot be read", async () => {
    const source: Source = {
      size: 300,
      read: async (offset, length) => {
        if (offset > 0) throw new Error("The second slab cannot be read");
        return new Uint8Array(length);
      },
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    for await (const _slab of readAhead(source, { slabBytes: 100 })) break;
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

it("short reads that follow each other past an unreadable place try this place once in a window, and once themselves", async () => {
  const bytes = noise(300_000);
  const damaged = 40_000;
  let tried = 0;
  const source: Source = {
    size: bytes.length,
    async read(offset, length) {
      if (offset <= damaged && damaged < offset + length) {
        tried++;
        throw new Error("unreadable");
      }
      return bytes.subarray(offset, offset + length);
    },
  };
  const reads = new SequentialReads(source);
  const unreadable: number[] = [];
  for (let at = 0; at < bytes.length; at += 1000) {
    try {
      expect(await reads.read(at, 1000, undefined)).toEqual(bytes.slice(at, at + 1000));
    } catch {
      unreadable.push(at);
    }
  }
  expect(unreadable).toEqual([damaged]);
  expect(tried).toBe(2);
});
