/** Payloads that are decompressed in pieces: the same bytes, results and problems as at once. */
import { describe, expect, it } from "vitest";
import { type BlockResult, blockJson, MslSliceReader, openCapture } from "../src/index.js";
import type { Source } from "../src/source/source.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { CountingSource } from "./support/counting-source.js";

const MEMORY_REGION = 1;
const ZSTD = 3;
const LZ4 = 5;
/** Less than a page, so that no region is held. */
const IN_PIECES = { wholeLimit: 1024 };

const COMPRESSED = READABLE.filter((name) =>
  [...new MslSliceReader(fixtureBytes(name))].some(({ compression }) => compression !== "none"),
);

async function json(bytes: Uint8Array, options: object): Promise<unknown[]> {
  const capture = await openCapture(bytes, options);
  const blocks: unknown[] = [];
  for (const block of capture.blocks.ofType(MEMORY_REGION)) blocks.push(await blockJson(block, { digests: true }));
  return blocks;
}

describe.each(COMPRESSED)("the fixture %s", (name) => {
  it("JSON is the same of regions that are decompressed in pieces and of regions that are held", async () => {
    const bytes = fixtureBytes(name);
    expect(await json(bytes, IN_PIECES)).toEqual(await json(bytes, {}));
  });

  it("memory is the same in pieces and from held regions, read in any order", async () => {
    const bytes = fixtureBytes(name);
    const [whole, pieces] = [await openCapture(bytes), await openCapture(bytes, IN_PIECES)];
    for (const { baseAddr, regionSize } of await whole.regions()) {
      const size = Number(regionSize < 1n << 20n ? regionSize : 1n << 20n);
      for (const [at, length] of [
        [0, size],
        [size - 100, 100],
        [0, 5000],
        [3000, size - 3000],
      ] as const) {
        if (at < 0 || length < 0 || at + length > size) continue;
        const address = baseAddr + BigInt(at);
        expect(await pieces.memory.read(address, length)).toEqual(await whole.memory.read(address, length));
      }
    }
  });

  it("a fixture cut off at any byte gives the same memory in pieces as from held regions", async () => {
    const bytes = fixtureBytes(name);
    const [block] = [...new MslSliceReader(bytes)].filter(
      ({ compression, type }) => compression !== "none" && type === MEMORY_REGION,
    );
    if (!block) return;
    // Cuts the compressed data, and sets BlockLength to the new length.
    const stored = bytes.slice(block.payloadOffset, block.payloadOffset + Math.min(block.payloadLength, 250));
    for (let size = 0; size < stored.length; size++) {
      const cut = captureOf([{ type: MEMORY_REGION, flags: block.flags & 7, payload: stored.subarray(0, size) }]);
      expect(await json(cut, IN_PIECES), `${size} bytes`).toEqual(await json(cut, {}));
    }
  });
});

it("the fixtures cover both codecs, with and without UncompressedSize, with and without padding", () => {
  const ids = COMPRESSED.flatMap((name) => [...new MslSliceReader(fixtureBytes(name))].map((block) => shapeOf(block.decode())));
  for (const shape of ["CMP-NOPREFIX", "CMP-TRAILING", "CMP-LZ4SHAPE", ""]) expect(ids).toContain(shape);
});

function shapeOf({ deviations }: BlockResult): string {
  return deviations.filter(({ id }) => id.startsWith("CMP-")).map(({ id }) => id)[0] ?? "";
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Published vectors: 64 bytes of 0x41 in every shape. */
const LESS = { wholeLimit: 16 };
const SIZE = "4000000000000000";
const ZSTD_FRAME = "28b52ffd20404500001041410100930016";
const BLOCK = "1f4101002750414141 4141";
const FRAME = "04224d18684040000000000000005c0b0000001f41010027504141414141 00000000";

async function payloadOf(flags: number, text: string, options: object) {
  const capture = await openCapture(captureOf([{ type: MEMORY_REGION, flags, payload: hex(text) }]), options);
  const { payload, problem, deviations } = await capture.blocks.at(0).payload();
  return { payload, problem, deviations };
}

async function bytesOf(source: Source): Promise<Uint8Array> {
  return source.read(0, source.size);
}

describe("payloads that are decompressed in pieces", () => {
  it.each([
    ["CZ1", ZSTD, `${SIZE} ${ZSTD_FRAME}`],
    ["CZ1 padded", ZSTD, `${SIZE} ${ZSTD_FRAME} 000000`],
    ["CZ0", ZSTD, ZSTD_FRAME],
    ["CL0", LZ4, FRAME],
    ["CL0 padded", LZ4, `${FRAME} 00000000000000`],
    ["CL1", LZ4, `${SIZE} 40000000 ${BLOCK}`],
    ["CL1 padded", LZ4, `${SIZE} 40000000 ${BLOCK} 00`],
    ["CL2", LZ4, `${SIZE} ${FRAME}`],
    ["CL3", LZ4, `${SIZE} ${BLOCK}`],
  ] as const)("payloads in pieces have the bytes and deviations of held payloads in shape %s", async (_, flags, text) => {
    const whole = await payloadOf(flags, text, {});
    const pieces = await payloadOf(flags, text, LESS);
    expect(pieces.payload.constructor.name).toBe("PieceSource");
    expect(await bytesOf(pieces.payload)).toEqual(new Uint8Array(64).fill(0x41));
    expect(await pieces.payload.read(60, 4)).toEqual(new Uint8Array(4).fill(0x41));
    expect(await pieces.payload.read(0, 1)).toEqual(new Uint8Array(1).fill(0x41));
    expect(pieces.deviations).toEqual(whole.deviations);
    await expect(pieces.payload.read(60, 5)).rejects.toMatchObject({ code: "truncated" });
  });

  it.each([
    ["too few bytes", ZSTD, `4100000000000000 ${ZSTD_FRAME}`],
    ["too many bytes", ZSTD, `3f00000000000000 ${ZSTD_FRAME}`],
    ["eight zeros behind", ZSTD, `${SIZE} ${ZSTD_FRAME} 0000000000000000`],
    ["the end missing", LZ4, `${SIZE} 40000000 1f4101002750414141`],
    ["a wrong checksum", LZ4, FRAME.replace("5c0b", "5d0b")],
  ] as const)("payloads in pieces with %s have the problem of held payloads", async (_, flags, text) => {
    const whole = await payloadOf(flags, text, {});
    const pieces = await payloadOf(flags, text, LESS);
    expect(whole.problem).toBeDefined();
    expect(pieces.problem).toEqual(whole.problem);
    expect(await bytesOf(pieces.payload)).toEqual(hex(text));
  });

  it("a payload in pieces above payloadLimit is a problem", async () => {
    const { problem } = await payloadOf(ZSTD, ZSTD_FRAME, { wholeLimit: 16, payloadLimit: 63 });
    expect(problem).toMatchObject({ id: "CMP-LIMIT", message: expect.stringContaining("(payloadLimit)") });
  });

  it("a payload in pieces that needs a larger window is a problem that names windowLimit", async () => {
    const { problem } = await payloadOf(ZSTD, `${SIZE} ${ZSTD_FRAME}`, { wholeLimit: 16, windowLimit: 32 });
    expect(problem).toMatchObject({ id: "CMP-LIMIT", message: expect.stringMatching(/window of 64 bytes.*\(windowLimit\)/) });
  });

  it("a payload above wholeLimit is a problem if a decoder of the caller would have to hold it", async () => {
    const codecs = { zstd: () => ({ ok: false as const, reason: "switched off", at: 0 }) };
    const { problem } = await payloadOf(ZSTD, `${SIZE} ${ZSTD_FRAME}`, { wholeLimit: 16, codecs });
    expect(problem).toMatchObject({ id: "CMP-LIMIT", message: expect.stringContaining("(wholeLimit)") });
  });
});

describe("large regions", () => {
  it("large regions are read in pieces under the default limits, in any order and by several readers at once", async () => {
    const pageData = new Uint8Array(24 * 1024 * 1024);
    for (let at = 0; at < pageData.length; at += 1000) pageData[at] = at >> 12;
    const states = new Array<number>(pageData.length / 1024).fill(0);
    const payload = regionPayload({ base: 0n, states, fill: 0 });
    payload.set(pageData, payload.length - pageData.length);
    const block = lz4Payload(payload);
    const capture = await openCapture(captureOf([{ type: MEMORY_REGION, flags: LZ4, payload: block }]));
    expect((await capture.blocks.at(0).payload()).payload.constructor.name).toBe("PieceSource");
    const target = new Uint8Array(5000);
    for (const at of [20_000_000, 21_000_000, 100, 4_000_000, 0, pageData.length - 5000]) {
      const read = await capture.memory.readInto(target, BigInt(at));
      expect(read.complete).toBe(true);
      expect(Buffer.compare(target, pageData.subarray(at, at + 5000))).toBe(0);
    }
    // Two reads at the same time, at different places.
    const [region] = await capture.regions();
    const both = await Promise.all([capture.memory.read(1000n, 3_000_000), capture.memory.read(15_000_000n, 3_000_000)]);
    expect(Buffer.compare(both[0].bytes(), pageData.subarray(1000, 3_001_000))).toBe(0);
    expect(Buffer.compare(both[1].bytes(), pageData.subarray(15_000_000, 18_000_000))).toBe(0);
    expect((await region?.check())?.problem).toBeUndefined();
    // The slice reader has to hold the payload, and its problem names the limit.
    const { problem } = new MslSliceReader(captureOf([{ type: MEMORY_REGION, flags: LZ4, payload: block }])).at(0).decode();
    expect(problem).toMatchObject({ id: "CMP-LIMIT", message: expect.stringContaining("(wholeLimit)") });
  });

  it("reads of a large region at the same time read its stored payload once", async () => {
    const bytes = captureOf([
      {
        type: MEMORY_REGION,
        flags: LZ4,
        payload: lz4Payload(regionPayload({ base: 0n, states: new Array<number>(20_000).fill(0), fill: 7 })),
      },
    ]);
    const source = new CountingSource(bytes);
    const capture = await openCapture(source);
    await capture.memory.read(0n, 4096);
    // From its start, where no decoder is open any more.
    await capture.memory.read(15_000_000n, 4096);
    const before = source.bytesRead;
    const both = await Promise.all([0n, 500_000n, 1_000_000n, 1_500_000n].map((at) => capture.memory.read(at, 500_000)));
    for (const part of both) expect(part.bytes().every((byte) => byte === 7)).toBe(true);
    expect(source.bytesRead - before).toBeLessThan(1.5 * bytes.length);
  });

  it("a large region with a fault in its last byte is a problem, and no byte of its page data is returned", async () => {
    const block = lz4Payload(regionPayload({ base: 0n, states: new Array<number>(20_000).fill(0), fill: 1 }));
    block[block.length - 1] = 0x99;
    const damaged = captureOf([{ type: MEMORY_REGION, flags: LZ4, payload: block.subarray(0, -1) }]);
    const capture = await openCapture(damaged);
    // The start of the payload has the addresses of the region; its page data has a problem.
    const [region] = await capture.regions();
    expect(region?.head).toMatchObject({ baseAddr: 0n, numPages: 20_000 });
    expect((await region?.pages())?.tally().captured).toBe(20_000);
    expect((await region?.check())?.problem?.id).toBe("CMP-SIZE");
    expect(await region?.pageDataExtent()).toMatchObject({ held: 0, missingPages: 20_000 });
    expect((await capture.memory.read(0n, 4096)).segments).toEqual([{ address: 0n, length: 4096, state: "missing" }]);
    const ranges: unknown[] = [];
    for await (const range of capture.memory.ranges()) ranges.push(range);
    expect(ranges).toEqual([]);
    expect(await blockJson(capture.blocks.at(0))).toMatchObject({ problem: { id: "CMP-SIZE" } });
  });

  it("a large region whose page-state map is too large is a problem that names the limit", async () => {
    const payload = new Uint8Array(32 + 3 * 1024 * 1024);
    new DataView(payload.buffer).setBigUint64(8, BigInt(12 * 1024 * 1024) << 12n, true);
    payload[0x12] = 12;
    const block = lz4Payload(payload);
    const capture = await openCapture(captureOf([{ type: MEMORY_REGION, flags: LZ4, payload: block }]));
    expect((await capture.unreadableRegions()).at(0)?.problem.message).toContain("(an eighth of wholeLimit)");
  });
});

/** UncompressedSize, and one LZ4 block: literals where bytes differ from the one before, else a match of distance 1. */
function lz4Payload(content: Uint8Array): Uint8Array {
  const parts: number[][] = [];
  const size = new Uint8Array(8);
  new DataView(size.buffer).setBigUint64(0, BigInt(content.length), true);
  const most = content.length - 12;
  for (let at = 0; ; ) {
    let literals = at + 1;
    while (literals < most && !repeats(content, literals)) literals++;
    if (literals >= most) {
      parts.push([...lengths(content.length - at, 0), ...content.subarray(at)]);
      break;
    }
    let end = literals + 4;
    while (end < most && content[end] === content[literals]) end++;
    const more = end - literals - 4;
    parts.push([
      ...lengths(literals - at, Math.min(15, more)),
      ...content.subarray(at, literals),
      1,
      0,
      ...(more >= 15 ? extra(more - 15) : []),
    ]);
    at = end;
  }
  return Uint8Array.from([...size, ...parts.flat()]);
}

function repeats(content: Uint8Array, at: number): boolean {
  const before = content[at - 1];
  return [0, 1, 2, 3].every((i) => content[at + i] === before);
}

function lengths(literals: number, match: number): number[] {
  return [(Math.min(15, literals) << 4) | match, ...(literals >= 15 ? extra(literals - 15) : [])];
}

function extra(rest: number): number[] {
  return [...new Array<number>(Math.floor(rest / 255)).fill(255), rest % 255];
}
