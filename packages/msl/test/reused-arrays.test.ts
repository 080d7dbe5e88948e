/** Arrays of decompressed payloads are filled with the next payload, but never an array that a caller may have a view of. */
import { encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { type Codec, openCapture, type Source } from "../src/index.js";
import { captureOf, PAGE, regionPayload } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const ZSTD = 3;
const REGIONS = 8;
const PAGES = 256;
const DATA_BYTES = PAGES * PAGE;
const base = (region: number) => BigInt(region) << 32n;
const payloadOf = (region: number) =>
  regionPayload({ base: base(region), states: new Array<number>(PAGES).fill(0), fill: region + 1 });
const PAYLOAD_BYTES = payloadOf(0).length;
/** A limit of the cache that has room for one payload. */
const ONE_HELD = { wholeLimit: PAYLOAD_BYTES + 65_536 };

function sizePrefix(size: number): Uint8Array {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(size), true);
  return prefix;
}

const regions = Array.from({ length: REGIONS }, (_, region) => region);
const CAPTURE = captureOf(
  regions.map((region) => ({
    type: 1,
    flags: ZSTD,
    payload: concatenated(sizePrefix(PAYLOAD_BYTES), encodeZstd(payloadOf(region))),
  })),
);

/** A source in memory that copies bytes to the arrays of its readers, as a file does. */
function filling(bytes: Uint8Array): Source {
  const readInto = async (offset: number, target: Uint8Array) => {
    await new Promise((resolve) => setImmediate(resolve));
    target.set(bytes.subarray(offset, offset + target.length));
  };
  const read = async (offset: number, length: number) => {
    const target = new Uint8Array(length);
    await readInto(offset, target);
    return target;
  };
  return { size: bytes.length, read, readInto };
}

/** Compares without printing differences, which takes minutes for megabytes. */
function expectFilled(bytes: Uint8Array | undefined, region: number, length = DATA_BYTES): void {
  expect(bytes?.length).toBe(length);
  expect(Buffer.compare(bytes ?? new Uint8Array(0), new Uint8Array(length).fill(region + 1))).toBe(0);
}

describe.each([1, 2])("with %i threads", (threads) => {
  const open = () => openCapture(filling(CAPTURE), { ...ONE_HELD, threads });

  it("all bytes that were read of a region stay the same while the other regions are decompressed", async () => {
    const capture = await open();
    const found: [region: number, bytes: Uint8Array | undefined][] = [];
    for (const region of regions) {
      const block = capture.blocks.at(region);
      found.push([region, (await capture.memory.read(base(region), DATA_BYTES)).segments[0]?.bytes]);
      const { payload } = await block.payload();
      found.push([region, await payload.read(PAYLOAD_BYTES - DATA_BYTES, DATA_BYTES)]);
      for (const at of [0, DATA_BYTES / 2]) {
        found.push([region, await payload.read(PAYLOAD_BYTES - DATA_BYTES + at, DATA_BYTES / 4)]);
        found.push([region, (await capture.memory.read(base(region) + BigInt(at), DATA_BYTES / 2)).segments[0]?.bytes]);
      }
      const target = new Uint8Array(DATA_BYTES);
      found.push([region, (await capture.memory.readInto(target, base(region))).segments[0]?.bytes]);
      const decoded = await block.decode();
      found.push([region, decoded.raw.subarray(PAYLOAD_BYTES - DATA_BYTES)]);
      if (decoded.payload?.kind === "MemoryRegion") found.push([region, decoded.payload.pageData]);
    }
    for (const region of await capture.regions()) {
      found.push([region.block.index, await region.readCaptured(0n, DATA_BYTES)]);
    }
    await capture.close();
    expect(found).toHaveLength(10 * REGIONS);
    for (const [region, bytes] of found) expectFilled(bytes, region, bytes?.length);
    expect(found.every(([, bytes]) => (bytes?.length ?? 0) >= DATA_BYTES / 4)).toBe(true);
  });

  it("readers of all regions at the same time get the bytes of their own region", async () => {
    const capture = await open();
    const read = async (region: number, at: number) => {
      const target = new Uint8Array(PAGE);
      const { complete } = await capture.memory.readInto(target, base(region) + BigInt(at));
      expect(complete).toBe(true);
      expectFilled(target, region, PAGE);
    };
    for (const step of [1, 3, 5]) {
      const order = regions.map((region) => (region * step) % REGIONS);
      await Promise.all([0, 7 * PAGE, DATA_BYTES - PAGE].flatMap((at) => order.map((region) => read(region, at))));
    }
    await capture.close();
  });
});

it("stored bytes that a decoder of the caller keeps stay the same", async () => {
  // Uncompressed bytes behind the magic number of zstd, for a decoder of the caller.
  const stored = (region: number) =>
    concatenated(sizePrefix(PAYLOAD_BYTES), Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), payloadOf(region));
  const bytes = captureOf(regions.map((region) => ({ type: 1, flags: ZSTD, payload: stored(region) })));
  const zstd: Codec = (source) => ({ ok: true, bytes: source.subarray(4), trailingZeros: 0 });
  const capture = await openCapture(filling(bytes), { ...ONE_HELD, codecs: { zstd } });
  const found: Uint8Array[] = [];
  for (const region of regions) found.push((await capture.blocks.at(region).decode()).raw);
  for (const region of regions) expectFilled(found[region]?.subarray(PAYLOAD_BYTES - DATA_BYTES), region);
  await capture.close();
});
