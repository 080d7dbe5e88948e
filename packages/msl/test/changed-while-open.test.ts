/** Captures and sources that change after they were opened: reads return neither mixed bytes nor holes as captured bytes. */
import { encodeLz4Block } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { DecodedCache, HeldSource } from "../src/codec/decoded-cache.js";
import { CachingSource, CoalescingSource, openCapture, type Source } from "../src/index.js";
import { BytesSource, ConcatenatedSource, readInto, SourceSlice } from "../src/source/source.js";
import { captureOf, PAGE, regionPayload } from "./build-capture.js";

const LZ4 = 5;

/** UncompressedSize and one raw LZ4 block. */
function compressed(payload: Uint8Array): Uint8Array {
  const block = encodeLz4Block(payload);
  const stored = new Uint8Array(8 + block.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(block, 8);
  return stored;
}

const PAGES = 4;
const LARGE_PAGES = 6000;

/** A small region, and two large regions that displace it from the cache of decompressed payloads when they are read. */
function threeRegions(): { bytes: Uint8Array; payloadAt: number; length: number } {
  const small = compressed(regionPayload({ base: 0x10000n, states: Array(PAGES).fill(0), fill: 0x41 }));
  const large = (base: bigint) => ({
    type: 1,
    flags: LZ4,
    payload: compressed(regionPayload({ base, states: Array(LARGE_PAGES).fill(0), fill: 0x42 })),
  });
  const blocks = [{ type: 1, flags: LZ4, payload: small }, large(0x1000000n), large(0x2000000n)];
  return { bytes: captureOf(blocks), payloadAt: 64 + 80, length: small.length };
}

async function changedCapture(change: (payload: Uint8Array) => void) {
  const { bytes, payloadAt, length } = threeRegions();
  const capture = await openCapture(bytes);
  expect((await capture.memory.read(0x10000n, PAGES * PAGE)).complete).toBe(true);
  change(bytes.subarray(payloadAt, payloadAt + length));
  for (const base of [0x1000000n, 0x2000000n]) expect((await capture.memory.read(base, PAGE)).complete).toBe(true);
  return capture;
}

describe("a compressed region that is altered after it was decompressed once", () => {
  it.each([
    ["no longer decompresses", (payload: Uint8Array) => payload.fill(0xff, 8)],
    [
      "decompresses to fewer bytes",
      (payload: Uint8Array) => {
        const shorter = compressed(regionPayload({ base: 0x10000n, states: Array(PAGES).fill(0), fill: 0x5a, short: 3000 }));
        payload.fill(0);
        payload.set(shorter);
      },
    ],
  ])(
    "a read of a compressed region that %s after a change fails with `changed`, and writes nothing to the target",
    async (_, change) => {
      const capture = await changedCapture(change);
      const target = new Uint8Array(PAGES * PAGE).fill(0xee);
      await expect(capture.memory.readInto(target, 0x10000n)).rejects.toMatchObject({ code: "changed" });
      expect(target.every((byte) => byte === 0xee)).toBe(true);
      await expect(capture.memory.read(0x10000n, PAGES * PAGE)).rejects.toMatchObject({ code: "changed" });
    },
  );
});

const CONTENT = Uint8Array.from({ length: 4096 }, (_, i) => i);

/** Gives fewer bytes than it is asked for, from its third read on. */
function shortSource(content: Uint8Array, from = 0): Source {
  let reads = 0;
  return {
    size: content.length,
    async read(offset, length) {
      return content.slice(offset, offset + length - (reads++ >= from ? 1 : 0));
    },
  };
}

describe("a source that gives fewer bytes than it was asked for", () => {
  it.each([
    ["readInto", (source: Source) => readInto(source, 0, new Uint8Array(100), undefined)],
    ["a slice", (source: Source) => new SourceSlice(source, 10, 200).read(0, 100)],
    ["a concatenation", (source: Source) => new ConcatenatedSource([source, source]).read(4000, 200)],
    ["a cache", (source: Source) => new CachingSource(source).read(0, 100)],
    ["a read past the cache", (source: Source) => new CachingSource(source, { maxBytes: 0 }).read(0, 100)],
    ["merged reads", (source: Source) => new CoalescingSource(source).read(0, 100)],
  ])("a short read of the source is an error of a read through %s", async (_, read) => {
    await expect(read(shortSource(CONTENT))).rejects.toMatchObject({ code: "source", message: /expected exactly/ });
    expect(await read(new BytesSource(CONTENT))).toHaveLength((await read(new BytesSource(CONTENT))).length);
  });

  it("a payload that decompresses to another size the second time is an error", async () => {
    const load = async () => ({ bytes: new Uint8Array(99), deviations: [] });
    const held = new HeldSource({ cache: new DecodedCache(1000), key: "payload", load, name: "The payload", size: 100 });
    await expect(held.read(0, 10)).rejects.toMatchObject({ code: "changed" });
    await expect(held.readInto(0, new Uint8Array(10))).rejects.toMatchObject({ code: "changed" });
  });

  it("a capture from a source with short reads is read correctly or fails with `source`", async () => {
    const bytes = captureOf([{ type: 1, payload: regionPayload({ base: 0x1000n, states: [0, 0], fill: 7 }) }]);
    for (let from = 0; from < 20; from++) {
      const read = async () => {
        const capture = await openCapture(shortSource(bytes, from));
        return (await capture.memory.read(0x1000n, 2 * PAGE)).bytes();
      };
      const outcome = await read().catch((error) => error.code);
      if (outcome instanceof Uint8Array) expect(outcome).toEqual(new Uint8Array(2 * PAGE).fill(7));
      else expect(outcome).toBe("source");
    }
  });

  it("a source that returns undefined is an error", async () => {
    const source = { size: 4096, read: async () => undefined } as unknown as Source;
    await expect(openCapture(source)).rejects.toMatchObject({ code: "source", message: /gave nothing/ });
  });
});

/** The number of other regions whose page states fill the memory for kept page states. */
const FILLING = 1100;

describe.each([
  ["kept with the region", 8, 0],
  ["kept in their own memory", 2000, 0],
  ["kept as a digest", 16_000, FILLING],
])("a compressed region whose page states are %s", (_, pages, before) => {
  const payload = (states: number[]) => compressed(regionPayload({ base: 0x10000n, states, fill: 7 }));
  const one = (failedAt: number) => Array.from({ length: pages }, (__, page) => (page === failedAt ? 1 : 2));
  /** Regions that displace the cached bytes of the tested region when they are read. */
  const others = Array.from({ length: before + 100 }, (__, i) => ({
    type: 1,
    flags: LZ4,
    payload: compressed(regionPayload({ base: BigInt(i + 1) << 32n, states: one(1), fill: 7 })),
  }));

  async function listedThenChanged() {
    const was = payload([0, ...one(1).slice(1)]);
    const is = payload([0, ...one(2).slice(1)]);
    expect(is).toHaveLength(was.length);
    expect(is).not.toEqual(was);
    const bytes = captureOf([...others.slice(0, before), { type: 1, flags: LZ4, payload: was }, ...others.slice(before)]);
    const capture = await openCapture(bytes);
    const listed = await capture.regions();
    const region = listed[before];
    if (!region) throw new Error("There is a region");
    for (const other of listed) if (other !== region) expect((await other.pages()).tally().failed).toBe(1);
    bytes.set(is, capture.blocks.at(before).payloadOffset);
    return { capture, region };
  }

  it("a read of a listed region fails with `changed` if its payload has other page states now", async () => {
    const { capture } = await listedThenChanged();
    await expect(capture.memory.read(0x10000n, PAGE)).rejects.toMatchObject({ code: "changed" });
  });

  it("a listed region returns the page states that it was listed with, or fails with `changed`", async () => {
    const { region } = await listedThenChanged();
    if (before > 0) await expect(region.pages()).rejects.toMatchObject({ code: "changed" });
    else expect([...(await region.pages()).runs(0, 3)].map(({ state }) => state)).toEqual(["captured", "failed", "unmapped"]);
  });
});
