/** Listing the regions of a compressed capture decompresses only the start of each payload; reading memory decompresses whole payloads. */
import { decodeLz4BlockStart, decodeZstdStart, encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it, vi } from "vitest";
import { decodingOf } from "../src/codec/decoding.js";
import { MslReader, MslSliceReader, openCapture } from "../src/index.js";
import { captureOf, noise, PAGE, regionPayload } from "./build-capture.js";
import { countingSource } from "./counting-source.js";
import { fixtureBytes, READABLE } from "./fixtures.js";

const FLAGS = { zstd: 3, lz4: 5 };

function compressed(payload: Uint8Array, codec: "zstd" | "lz4"): Uint8Array {
  const data = codec === "zstd" ? encodeZstd(payload) : encodeLz4Block(payload);
  const stored = new Uint8Array(8 + data.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(data, 8);
  return stored;
}

const PAGES = 4000;
const STATES = Array.from({ length: PAGES }, (_, page) => (page % 10 === 9 ? 1 : 0));
const CAPTURED = STATES.filter((state) => state === 0).length;

function regions(codec: "zstd" | "lz4", count: number) {
  return Array.from({ length: count }, (_, i) => {
    const payload = regionPayload({ base: BigInt(i) << 32n, states: STATES, fill: 1 });
    payload.set(noise(CAPTURED * PAGE, i + 1), payload.length - CAPTURED * PAGE);
    return { type: 1, flags: FLAGS[codec], payload: compressed(payload, codec) };
  });
}

describe.each(["zstd", "lz4"] as const)("a capture of %s regions", (codec) => {
  const blocks = regions(codec, 12);
  const stored = blocks.reduce((sum, { payload }) => sum + payload.length, 0);
  const bytes = captureOf(blocks);

  it("a reader lists the regions of a compressed capture and their page states from less than a quarter of the stored bytes", async () => {
    const source = countingSource(bytes);
    const capture = await openCapture(source);
    const before = source.ranges.length;
    for (const region of await capture.regions()) {
      expect((await region.pages()).tally()).toEqual({ captured: CAPTURED, failed: PAGES - CAPTURED, unmapped: 0, reserved: 0 });
    }
    const reads = source.ranges.slice(before).map(([, length]) => length);
    expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(stored / 4);
    // UncompressedSize, the zstd frame header, the first zstd block (128 KiB at most) with its header, and the header of the second zstd block.
    if (codec === "zstd") expect(Math.max(...reads)).toBeLessThanOrEqual(8 + 18 + 3 + 128 * 1024 + 3);
  });

  it("a reader reads each compressed payload from the source once when memory is read in the order of addresses", async () => {
    const source = countingSource(bytes);
    const capture = await openCapture(source);
    const listed = await capture.regions();
    const before = source.ranges.length;
    for (const [i, region] of listed.entries()) {
      const { segments } = await capture.memory.read(region.baseAddr, 9 * PAGE);
      expect(Buffer.compare(segments[0]?.bytes ?? new Uint8Array(0), noise(9 * PAGE, i + 1))).toBe(0);
      expect((await capture.memory.read(region.baseAddr + BigInt(500 * PAGE), 9 * PAGE)).complete).toBe(true);
    }
    const whole = source.ranges.slice(before).filter(([, length]) => blocks.some(({ payload }) => payload.length === length));
    expect(whole).toHaveLength(blocks.length);
  });

  it("a reader returns no bytes of memory from a compressed payload that lacks its last bytes", async () => {
    const [first] = regions(codec, 1);
    if (!first) throw new Error("There is a region");
    const damaged = { ...first, payload: first.payload.slice(0, -40) };
    const capture = await openCapture(captureOf([damaged]));
    const [region] = await capture.regions();
    expect(region?.baseAddr).toBe(0n);
    const whole = await capture.blocks.at(0).region();
    expect((await region?.check())?.problem).toEqual(whole.problem);
    expect(whole.problem?.id).toBe("CMP-SIZE");
    const target = new Uint8Array(4096).fill(0xee);
    const { segments } = await capture.memory.readInto(target, 0n);
    expect(segments.map(({ state }) => state)).toEqual(["missing"]);
    expect(target.every((byte) => byte === 0xee)).toBe(true);
  });
});

it.each([
  ["zstd", FLAGS.zstd],
  ["lz4", FLAGS.lz4],
  ["none", 0],
] as const)(
  "a reader returns the page states of listed regions without another read of the source, with compression %s",
  async (codec, flags) => {
    const blocks = Array.from({ length: 100 }, (_, i) => {
      const payload = regionPayload({ base: BigInt(i) << 32n, states: STATES.slice(0, 2000), fill: i });
      return { type: 1, flags, payload: codec === "none" ? payload : compressed(payload, codec) };
    });
    const source = countingSource(captureOf(blocks));
    const capture = await openCapture(source);
    const listed = await capture.regions();
    const before = source.ranges.length;
    for (const region of listed) expect((await region.pages()).tally().captured).toBe(1800);
    expect(source.ranges).toHaveLength(before);
  },
);

it("region head, page states, check result and page data extent are the same from the start of a payload as from the whole payload", async () => {
  let compressedRegions = 0;
  for (const name of READABLE) {
    const capture = await openCapture(fixtureBytes(name));
    for (const listed of await capture.regions()) {
      if (listed.block.compression === "none" || listed.blocks.length > 1) continue;
      compressedRegions++;
      const { region } = await capture.blocks.at(listed.block.index).region();
      expect(region?.head).toEqual(listed.head);
      expect([...((await region?.pages())?.runs() ?? [])]).toEqual([...(await listed.pages()).runs()]);
      expect(await listed.check()).toEqual(await region?.check());
      expect(await listed.pageDataExtent()).toEqual(await region?.pageDataExtent());
    }
  }
  expect(compressedRegions).toBeGreaterThan(5);
});

/**
 * The payload of a region of MSL 0.1 with four captured pages, in the layout of libmsl: the page size in two bytes, then the number of pages. `pageData`
 * may be compressed.
 */
function oldRegion(pageData: Uint8Array): Uint8Array {
  const payload = new Uint8Array(40 + pageData.length);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, 0x10000n, true);
  view.setBigUint64(8, BigInt(4 * PAGE), true);
  view.setUint16(18, PAGE, true);
  view.setUint32(20, 4, true);
  payload.set(pageData, 40);
  return payload;
}

it.each(["plain", "compressed"])(
  "a reader reads a region of MSL 0.1 with %s page data inside a compressed payload",
  async (kind) => {
    const content = noise(4 * PAGE, 3);
    const block = encodeLz4Block(content);
    const sized = new Uint8Array(4 + block.length);
    new DataView(sized.buffer).setUint32(0, content.length, true);
    sized.set(block, 4);
    const payload = compressed(oldRegion(kind === "plain" ? content : sized), "zstd");
    const capture = await openCapture(captureOf([{ type: 1, version: 0, flags: FLAGS.zstd, payload }]));
    const [region] = await capture.regions();
    expect(region?.head.layout).toBe("0.1");
    const alone = (await capture.blocks.at(0).region()).region;
    expect(await region?.pageDataExtent()).toEqual(await alone?.pageDataExtent());
    expect((await region?.pageDataExtent())?.compression).toBe(kind === "plain" ? null : "lz4");
    expect(await region?.check()).toEqual(await alone?.check());
    const read = await capture.memory.read(0x10000n, content.length);
    expect(Buffer.compare(read.bytes(), content)).toBe(0);
  },
);

it("the start of compressed data decodes if only later bytes are cut off, and fails if bytes of the start are cut off", () => {
  const content = noise(400_000, 7);
  const zstd = encodeZstd(content);
  const lz4 = encodeLz4Block(content);
  for (const wanted of [1, 40, 100_000]) {
    const size = { bytes: content.length, exact: true };
    const starts = [
      decodeZstdStart(zstd.subarray(0, wanted + 140_000), size, wanted),
      decodeLz4BlockStart(lz4.subarray(0, wanted + 140_000), content.length, wanted),
    ];
    for (const start of starts) {
      if (!start.ok) throw new Error(start.reason);
      expect(start.bytes.length).toBeGreaterThanOrEqual(wanted);
      expect(Buffer.compare(start.bytes, content.subarray(0, start.bytes.length))).toBe(0);
    }
  }
  expect(decodeZstdStart(zstd.subarray(0, 100), { bytes: content.length, exact: true }, 50).ok).toBe(false);
  expect(decodeZstdStart(zstd, { bytes: content.length, exact: true }, 0)).toEqual({ ok: true, bytes: new Uint8Array(0) });
});

it.each([
  ["zstd", 3, encodeZstd(new Uint8Array(64))],
  ["lz4", 5, encodeLz4Block(new Uint8Array(64))],
] as const)("a reader lists a %s payload whose stored UncompressedSize is 0 as an unreadable region", async (_, flags, data) => {
  const payload = new Uint8Array(8 + data.length);
  payload.set(data, 8);
  const capture = await openCapture(captureOf([{ type: 1, flags, payload }]));
  expect(await capture.regions()).toEqual([]);
  const [unreadable] = await capture.unreadableRegions();
  expect(unreadable?.problem).toEqual((await capture.blocks.at(0).decode()).problem);
});

it("unreadable regions have no object for each block until it is asked for", async () => {
  // The problem names the number of stored bytes.
  const damaged = (size: number) => ({ type: 1, flags: 3, payload: new Uint8Array(size).fill(0xff) });
  const plain = { type: 1, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) };
  const blocks = [damaged(1), plain, ...Array.from({ length: 3000 }, () => damaged(2)), damaged(3)];
  const capture = await openCapture(captureOf(blocks));
  const at = vi.spyOn(capture.blocks, "at");
  const unreadable = await capture.unreadableRegions();
  expect(await capture.unreadableRegions()).toBe(unreadable);
  expect(unreadable).toHaveLength(3002);
  expect(at).not.toHaveBeenCalled();
  for (const { block } of unreadable) {
    if (block.index === 11) break;
  }
  expect(at.mock.calls).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((position) => [position]));
  at.mockRestore();
  const all = [...unreadable];
  expect(all.map(({ block }) => block.index)).toEqual([0, ...Array.from({ length: 3001 }, (_, i) => i + 2)]);
  for (const row of [0, 1, 2, 3000, 3001]) {
    expect(unreadable.at(row)?.block.index).toBe(row === 0 ? 0 : row + 1);
    expect(unreadable.at(row)?.problem).toEqual((await capture.blocks.at(row === 0 ? 0 : row + 1).decode()).problem);
    expect(all[row]).toEqual(unreadable.at(row));
  }
  for (const row of [-1, 3002, 0.5]) expect(unreadable.at(row)).toBeUndefined();
  const { count, first } = unreadable.toJSON();
  expect([count, first.length, first.at(-1)?.block.index]).toEqual([3002, 1000, 1000]);
});

describe("the limit on all decompressed bytes of a capture", () => {
  const blocks = regions("zstd", 3);
  const first = { limit: 3 * PAGES * PAGE, base: 1n << 32n };

  it("decodeLimit bounds the decompressed bytes of all payloads of a capture together, and counts each payload once", async () => {
    const capture = await openCapture(captureOf(blocks), { decodeLimit: first.limit });
    expect(await capture.regions()).toHaveLength(3);
    for (let again = 0; again < 3; again++) expect((await capture.memory.read(0n, PAGE)).complete).toBe(true);
    const scarce = await openCapture(captureOf(blocks), { decodeLimit: 1 });
    expect((await scarce.memory.read(0n, PAGE)).complete).toBe(true);
    await expect(scarce.memory.read(first.base, PAGE)).rejects.toMatchObject({ code: "limit", message: /decodeLimit/ });
    expect((await scarce.memory.read(0n, PAGE)).complete).toBe(true);
  });

  it("decodeLimit bounds the decompressed bytes of all payloads of a stream, and of a capture in memory, together", async () => {
    const bytes = captureOf(blocks);
    const refused = { code: "limit", message: expect.stringMatching(/decodeLimit/) };
    const slice = new MslSliceReader(bytes, { decodeLimit: 1 });
    for (let again = 0; again < 2; again++) expect(slice.at(0).decode().problem).toBeUndefined();
    expect(() => slice.at(1).decode()).toThrow(expect.objectContaining(refused));
    const decoded: number[] = [];
    for await (const block of MslReader.from([bytes], { decodeLimit: 1 })) {
      if (block.index === 0) decoded.push((await block.decode()).raw.length);
      else if (block.compression !== "none") await expect(block.decode()).rejects.toMatchObject(refused);
    }
    expect(decoded).toEqual([slice.at(0).decode().raw.length]);
    for await (const block of MslReader.from([bytes], { decodeLimit: first.limit }))
      expect((await block.decode()).problem).toBeUndefined();
  });

  it("decodeLimit is by default 64 GiB and 1,024 bytes for each stored byte", async () => {
    const { limits } = decodingOf({});
    expect(limits.decoded(0)).toBe(64 * 2 ** 30);
    expect(limits.decoded(2 ** 20)).toBe(65 * 2 ** 30);
  });
});
