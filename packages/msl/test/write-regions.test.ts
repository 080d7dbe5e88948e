import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MslSliceReader, MslWriter, openCapture, PageStates, type PageStretch, pagesOf, type RegionInput } from "../src/index.js";
import { fragmentOf, fragmentsOf } from "../src/write/fragments.js";
import { regionShape } from "../src/write/region-input.js";
import { begin, HINT, lead, optionsFor, PAGE, region, requireConforming, written } from "./write-support.js";

const STATES = ["captured", "failed", "unmapped"] as const;
const stretch = fc.record({ count: fc.integer({ min: 0, max: 40 }), state: fc.constantFrom(...STATES) });

function regionOf(stretches: readonly PageStretch[], baseAddr = 0x10_0000n): RegionInput & { pageData: Uint8Array } {
  const pages = pagesOf(stretches);
  const { captured } = pages.tally();
  return { ...region(captured, baseAddr), regionSize: BigInt(pages.numPages * PAGE), pages };
}

const oneRegion = (input: RegionInput, options: Parameters<typeof written>[0] = {}) =>
  written({ contents: ["MemoryRegion"], ...options }, async (writer) => {
    await lead(writer);
    await writer.memoryRegion(input);
  });

async function* chunked(bytes: Uint8Array, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.slice(at, at + size);
    at += size;
  }
}

describe("page states of a written region", () => {
  it("a writer stores page states with the most significant bits first, and data of captured pages only", async () => {
    // The example of the specification: C C C F C C U U C C F C.
    const codes = [0, 0, 0, 1, 0, 0, 2, 2, 0, 0, 1, 0];
    const input = regionOf(codes.map((code) => ({ count: 1, state: STATES[code] ?? "captured" })));
    const { bytes, reader } = await oneRegion(input);
    const at = reader.at(2).payloadOffset + 32;
    expect([...bytes.subarray(at, at + 8)]).toEqual([0x01, 0x0a, 0x04, 0, 0, 0, 0, 0]);
    expect(bytes.subarray(at + 8, reader.at(3).offset)).toEqual(input.pageData);
  });

  it("regions read back as they were written, split or not, from page data in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stretch, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 3 }),
        fc.option(fc.integer({ min: 32 + 8 + PAGE, max: 20 * PAGE })),
        async (stretches, sizes, splitAbove) => {
          const input = regionOf(stretches);
          const options = splitAbove === null ? {} : { splitAbove };
          const { bytes, reader } = await oneRegion({ ...input, pageData: chunked(input.pageData, sizes) }, options);
          for (const block of [...reader].slice(2, -1)) {
            expect(block.length - 80).toBeLessThanOrEqual(splitAbove ?? Number.POSITIVE_INFINITY);
          }
          const capture = await openCapture(bytes);
          const [read, ...more] = await capture.regions();
          expect(more).toEqual([]);
          expect([read?.baseAddr, read?.regionSize]).toEqual([input.baseAddr, input.regionSize]);
          expect([...((await read?.pages())?.runs() ?? [])]).toEqual([...(input.pages?.runs() ?? [])]);
          const { segments } = await capture.memory.read(input.baseAddr, Number(input.regionSize));
          const captured = segments.flatMap(({ bytes: part }) => (part ? [part] : []));
          expect(Buffer.compare(Buffer.concat(captured), input.pageData)).toBe(0);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it("a writer accepts a page-state map that a reader returned", async () => {
    const map = Uint8Array.of(0x01, 0x0a, 0x04);
    const input = { ...region(8), regionSize: BigInt(12 * PAGE), pages: new PageStates(map, 12) };
    const { bytes, reader } = await oneRegion(input);
    const at = reader.at(2).payloadOffset + 32;
    expect([...bytes.subarray(at, at + 8)]).toEqual([...map, 0, 0, 0, 0, 0]);
  });

  it("a writer refuses a page in the reserved state", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    const input = { ...region(1), regionSize: BigInt(2 * PAGE), pages: new PageStates(Uint8Array.of(0x30), 2) };
    await expect(writer.memoryRegion(input)).rejects.toThrow("has the reserved state 11 at page 1");
  });
});

describe("the size of a region", () => {
  it.each([10, 12, 16, 21, 40])(
    "a writer writes regions with pages of 2^%i bytes, of which none is captured",
    async (pageSizeLog2) => {
      const pages = pagesOf([{ count: 5, state: "failed" }]);
      const input = { ...region(0), pageSizeLog2, regionSize: 5n << BigInt(pageSizeLog2), pages, pageData: undefined };
      const { reader } = await oneRegion(input);
      expect(reader.at(2).decode().payload).toMatchObject({ pageSizeLog2, numPages: 5 });
      expect(reader.at(2).length).toBe(80 + 32 + 8);
    },
  );

  it("a writer accepts pages larger than memory if none is captured", () => {
    const shape = regionShape({
      ...region(0),
      pageSizeLog2: 40,
      regionSize: 1n << 62n,
      pages: pagesOf([{ count: 2 ** 22, state: "failed" }]),
    });
    expect(fragmentsOf(shape, 2 ** 32 - 81)).toEqual([{ first: 0, count: 2 ** 22, captured: 0, payloadLength: 32 + 2 ** 20 }]);
    const captured = regionShape({ ...region(0), pageSizeLog2: 40, regionSize: 1n << 40n });
    expect(() => fragmentsOf(captured, 2 ** 32 - 81)).toThrow("A captured page of 1099511627776 bytes does not fit a block");
  });

  it("a writer does not split a region whose payload fits one block exactly", () => {
    // No number of pages of 1 KiB fills a block exactly: 32 + map + data = 2^32 - 81 has no solution. One page more than fits makes two blocks.
    const fitting = Math.floor((2 ** 32 - 81 - 32) / (PAGE + 0.25));
    const shapeOf = (count: number) =>
      regionShape({ ...region(0), regionSize: BigInt(count * PAGE), pages: pagesOf([{ count, state: "captured" }]) });
    const [only, ...others] = fragmentsOf(shapeOf(fitting), 2 ** 32 - 81);
    expect(others).toEqual([]);
    expect(only?.payloadLength).toBeLessThanOrEqual(2 ** 32 - 81);
    const two = fragmentsOf(shapeOf(fitting + 8), 2 ** 32 - 81);
    expect(two.map(({ count }) => count).reduce((sum, count) => sum + count)).toBe(fitting + 8);
    expect(two.length).toBe(2);
  });

  it("a writer splits a region whose page-state map alone does not fit a block", () => {
    const count = 2 ** 40;
    const shape = regionShape({
      ...region(0),
      regionSize: BigInt(count) * 1024n,
      baseAddr: 0n,
      pages: pagesOf([{ count, state: "unmapped" }]),
    });
    const fragments = fragmentsOf(shape, 2 ** 32 - 81);
    expect(fragments.reduce((sum, fragment) => sum + fragment.count, 0)).toBe(count);
    for (const { payloadLength } of fragments) expect(payloadLength).toBeLessThanOrEqual(2 ** 32 - 81);
    expect(fragments.length).toBe(65);
  });

  it("a writer refuses a region that the format cannot express before a byte is written", async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    const before = sink.bytes().length;
    const refusals: [Partial<RegionInput>, RegExp][] = [
      [{ regionSize: 1023n }, /regionSize is 1023n, expected a multiple of the page size, 2\^10/],
      [{ baseAddr: (1n << 64n) - 1024n }, /regionSize is 2048n, expected at most 1024/],
      [{ baseAddr: -1n }, /baseAddr is -1n/],
      [{ regionSize: 3072n }, /pageData has 2048 bytes, but the captured pages need 3072/],
      [{ pages: pagesOf([{ count: 3, state: "captured" }]) }, /pages has 3 states, but regionSize makes 2 pages/],
      [{ protection: 300 }, /protection is 300/],
      [{ regionType: 256 }, /regionType is 256, expected an integer from 0 to 255/],
      [{ timestampNs: -1n }, /timestampNs is -1n/],
      [{ pageSizeLog2: null, pageSize: 3000 }, /pageSize is 3000, expected a power of two/],
    ];
    for (const [change, message] of refusals) {
      await expect(writer.memoryRegion({ ...region(2), ...change })).rejects.toThrow(message);
    }
    expect(sink.bytes().length).toBe(before);
    await writer.memoryRegion({ ...region(2), pageSizeLog2: null, pageSize: 1024 });
    // The region ends where the address space ends.
    await writer.memoryRegion(region(2, (1n << 64n) - 2048n));
    await writer.end();
    await requireConforming(sink.bytes());
  });
});

describe("page data that comes in pieces", () => {
  const failing = async (pageData: RegionInput["pageData"], message: RegExp, options = {}) => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"], ...options });
    await lead(writer);
    await expect(writer.memoryRegion({ ...region(400), pageData })).rejects.toThrow(message);
    await expect(writer.memoryRegion(region(1))).rejects.toThrow(/The writer has failed and takes no more: /);
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    await writer.close();
    // The block whose page data is wrong never becomes complete.
    const reader = new MslSliceReader(sink.bytes());
    expect(reader.end.truncatedBlock ?? reader.length).toBe(2);
  };

  it("streamed page data that is too short fails the writer", () =>
    failing(
      chunked(new Uint8Array(400 * PAGE - 1), [70_000]),
      /ends after 409599 bytes, but 400 captured pages of 1024 bytes need 409600/,
    ));

  it("streamed page data that is too long fails the writer", () =>
    failing(chunked(new Uint8Array(400 * PAGE + 1), [70_000]), /goes on behind the 409600 bytes/));

  it("page data that is too long for the last of several fragments fails the writer", () =>
    failing(chunked(new Uint8Array(400 * PAGE + 1), [70_000]), /goes on behind/, { splitAbove: 1024 * PAGE }));

  it("a stream of page data that throws fails the writer", () =>
    failing(
      (async function* () {
        yield new Uint8Array(PAGE);
        throw new Error("the process has gone");
      })(),
      /the process has gone/,
    ));

  it("a writer writes no byte of a compressed block whose page data is too short, and accepts the next block", async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"], compression: "zstd" });
    await lead(writer);
    const before = sink.bytes().length;
    await expect(writer.memoryRegion({ ...region(2), pageData: chunked(new Uint8Array(PAGE), [100]) })).rejects.toThrow(
      /ends after 1024/,
    );
    expect(sink.bytes().length).toBe(before);
    await writer.memoryRegion(region(2));
    await writer.end();
    await requireConforming(sink.bytes());
  });

  it("page data that is too short for a second fragment fails the writer", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"], compression: "zstd", splitAbove: 3 * PAGE });
    await lead(writer);
    const pageData = chunked(new Uint8Array(3 * PAGE), [100]);
    await expect(writer.memoryRegion({ ...region(4), pageData })).rejects.toThrow(/ends after 3072/);
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
  });

  it("a writer stops reading page data when the signal fires, which fails the writer", async () => {
    const controller = new AbortController();
    const { sink, writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    const pageData = (function* () {
      for (let page = 0; page < 400; page++) {
        if (page === 300) controller.abort();
        yield new Uint8Array(PAGE);
      }
    })();
    await expect(writer.memoryRegion({ ...region(400), pageData }, { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    expect(new MslSliceReader(sink.bytes()).end.truncatedBlock).toBe(2);
  });

  it.each(["one array", "many arrays"])(
    "a writer lets timers run while it writes a large region from %s, and hears the signal",
    async (which) => {
      const size = 128 * 1024 * 1024;
      const controller = new AbortController();
      let taken = 0;
      const sink = {
        write: ({ length }: Uint8Array) => {
          taken += length;
        },
      };
      const writer = new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], nativeHash: false }));
      await lead(writer);
      const all = new Uint8Array(size);
      const pageData =
        which === "one array" ? all : Array.from({ length: 128 }, (_, i) => all.subarray(i * 2 ** 20, (i + 1) * 2 ** 20));
      const input = { ...region(1), pageSizeLog2: 20, regionSize: BigInt(size), pageData };
      const writing = writer.memoryRegion(input, { signal: controller.signal });
      setTimeout(() => controller.abort());
      await expect(writing).rejects.toMatchObject({ code: "aborted" });
      expect(taken).toBeLessThan(size);
      await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    },
  );

  it("a writer accepts a ReadableStream as page data, and cancels a stream with too much data", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(PAGE)),
      cancel: () => {
        cancelled = true;
      },
    });
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    await expect(writer.memoryRegion({ ...region(2), pageData: stream })).rejects.toThrow(/goes on/);
    expect(cancelled).toBe(true);
  });
});

describe("regions that a reader returned", () => {
  it("a writer writes regions that a slice reader and a capture returned", async () => {
    const { bytes } = await oneRegion(
      regionOf([
        { count: 3, state: "captured" },
        { count: 2, state: "failed" },
        { count: 1, state: "captured" },
      ]),
    );
    const payload = new MslSliceReader(bytes).at(2).decode().payload;
    if (payload?.kind !== "MemoryRegion") throw new Error("no region");
    expect((await oneRegion(payload)).bytes).toEqual(bytes);
    const capture = await openCapture(bytes);
    const [read] = await capture.regions();
    if (!read) throw new Error("no region");
    const pages = await read.pages();
    const pageData = (async function* () {
      for (const { start, count, state } of pages.runs()) {
        if (state === "captured") yield read.readCaptured(BigInt(start * PAGE), count * PAGE);
      }
    })();
    expect((await oneRegion({ ...read.head, pages, pageData })).bytes).toEqual(bytes);
  });
});

describe("keys in a written region", () => {
  const holey = regionOf([
    { count: 1, state: "captured" },
    { count: 2, state: "failed" },
    { count: 2, state: "captured" },
  ]);
  const keyAddress = holey.baseAddr + BigInt(4 * PAGE + 100);

  it("keyAt finds a key by its address, and the note names the address if pages before the key were not captured", async () => {
    const { bytes } = await written({ contents: ["MemoryRegion", "KeyHint"] }, async (writer) => {
      await lead(writer);
      const handle = await writer.memoryRegion(holey, { keysAt: [keyAddress] });
      expect(handle.keyAt(keyAddress)).toEqual({ regionUuid: handle.uuid, regionOffset: BigInt(2 * PAGE + 100) });
      expect(() => handle.keyAt(holey.baseAddr + 1024n)).toThrow("is in no captured page");
      await writer.keyHint({ ...handle.keyAt(keyAddress), ...HINT });
      await writer.keyHint({ ...handle.keyAt(keyAddress), ...HINT, note: "found by a scan" });
      await writer.keyHint({ ...handle.keyAt(keyAddress), ...HINT, note: "at 0x101064" });
      await writer.keyHint({ ...handle.keyAt(keyAddress), ...HINT, note: "as it is" }, { keepNote: true });
      await writer.keyHint({ ...handle.keyAt(holey.baseAddr), ...HINT });
    });
    const hints = await (await openCapture(bytes)).keyHints();
    expect(hints.map(({ hint }) => hint.note)).toEqual([
      "address 0x101064",
      "found by a scan; address 0x101064",
      "at 0x101064",
      "as it is",
      "",
    ]);
    const [candidate] = hints[0]?.candidates ?? [];
    expect(candidate).toMatchObject({ address: keyAddress });
    expect(candidate?.bytes).toEqual(new Uint8Array(16).fill(3));
  });

  it("a writer names the fragment that holds a key in its Key Hint", async () => {
    const { bytes } = await written({ contents: ["MemoryRegion", "KeyHint"], splitAbove: 32 + 8 + 2 * PAGE }, async (writer) => {
      await lead(writer);
      await expect(writer.memoryRegion(holey, { hasKeyHints: true })).rejects.toThrow(/split into 2 fragments: keysAt/);
      const handle = await writer.memoryRegion(holey, { keysAt: [keyAddress] });
      expect(handle.keyAt(keyAddress)).toEqual({ regionUuid: handle.blocks[1]?.uuid, regionOffset: 100n });
      await expect(writer.keyHint({ regionUuid: handle.uuid, regionOffset: 0n, ...HINT })).rejects.toThrow(/key hints announced/);
      await writer.keyHint({ ...handle.keyAt(keyAddress), ...HINT });
    });
    expect([...new MslSliceReader(bytes)].map(({ flags }) => flags)).toEqual([0, 0, 0x10, 0x28, 0, 0]);
  });

  it("a writer refuses a Key Hint outside page data", async () => {
    const { writer } = begin({ contents: ["MemoryRegion", "KeyHint"] });
    await lead(writer);
    const { uuid } = await writer.memoryRegion(region(1), { hasKeyHints: true });
    const at = (regionOffset: bigint, keyLen: number) => writer.keyHint({ ...HINT, regionUuid: uuid, regionOffset, keyLen });
    await expect(at(1024n - 15n, 16)).rejects.toThrow("regionOffset 1009 and keyLen 16 pass the 1024 bytes of page data");
    // A hint at the end of the page data has no byte to refer to.
    await expect(at(1024n, 0)).rejects.toThrow("pass the 1024 bytes");
    await expect(writer.end()).rejects.toThrow("the header announces KeyHint");
    await at(1023n, 0);
    await at(1008n, 16);
    await writer.end();
  });
});

it("the search for the fragment of a page takes few steps", () => {
  let looks = 0;
  const fragments = Array.from({ length: 4096 }, (_, i) => ({
    count: 2,
    captured: 2,
    payloadLength: 40,
    get first() {
      looks++;
      return 2 * i;
    },
  }));
  for (const page of [0, 1, 4095, 8190, 8191]) expect(fragmentOf(page, fragments)).toBe(Math.floor(page / 2));
  expect(looks).toBeLessThan(5 * 14);
  expect(fragmentOf(8192, fragments)).toBe(4096);
  expect(fragmentOf(-1, fragments)).toBe(-1);
});
