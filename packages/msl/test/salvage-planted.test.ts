import { blake3 } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { type Capture, MslSliceReader, openCapture, verifyCapture } from "../src/index.js";
import { type BlockSpec, blockBytes, captureOf, regionPayload } from "./build-capture.js";
import { endOfCapture, linkedBlocks, linkedCapture } from "./linked-capture.js";
import { concatenated } from "./vectors.js";

const LATEST = 2n ** 64n - 1n;
const [SHARED, OTHER, HOST] = [0x1000n, 0x200000n, 0x100000n];
const REGION_HEAD = 80 + 32 + 8;
const HOST_PAGES = 8;

/** A region whose page data hold `planted`. */
function hostOf(planted: Uint8Array): BlockSpec {
  const payload = regionPayload({ base: HOST, states: new Array(HOST_PAGES).fill(0), fill: 0x20 });
  payload.set(planted, REGION_HEAD - 80 + 64);
  return { type: 1, payload };
}

const real = (base: bigint, fill: number, time = 5n): BlockSpec => ({
  type: 1,
  payload: regionPayload({ base, states: [0], fill, time }),
});
/** A region block that a process would plant to replace captured memory: its timestamp is the latest possible. */
const fake = (base: bigint): BlockSpec => ({ type: 1, payload: regionPayload({ base, states: [0], fill: 0xee, time: LATEST }) });

/** Process Identity and four regions. The second region, the host, has `planted` in its pages; tests damage its block. */
function captureWith(planted: Uint8Array) {
  return linkedCapture([
    { type: 0x40, payload: new Uint8Array(24) },
    real(SHARED, 0x41),
    hostOf(planted),
    real(OTHER, 0x43),
    real(0x300000n, 0x44),
  ]);
}

const HOST_INDEX = 2;
const described = (capture: Capture | MslSliceReader) => {
  const blocks = capture instanceof MslSliceReader ? [...capture] : [...capture.blocks];
  return blocks.map(({ offset, type, salvageEvidence }) => [offset, type, salvageEvidence]);
};

async function salvaged(bytes: Uint8Array): Promise<Capture> {
  const capture = await openCapture(bytes, { salvage: true });
  const reader = new MslSliceReader(bytes, { salvage: true });
  expect(described(reader)).toEqual(described(capture));
  expect(reader.deviations).toEqual(capture.deviations);
  return capture;
}

async function firstByteAt(capture: Capture, address: bigint): Promise<number | undefined> {
  return (await capture.memory.read(address, 1)).segments[0]?.bytes?.[0];
}

/** Ways to damage the header of the host so that the walk loses it; each leaves its content as it was. */
const DAMAGES: Record<string, (bytes: Uint8Array, at: number) => void> = {
  "its magic altered": (bytes, at) => bytes.set([0x58], at + 3),
  "a BlockLength below 80": (bytes, at) => bytes.set([8, 0, 0, 0], at + 8),
  "a BlockLength past the end": (bytes, at) => bytes.set([0xff, 0xff, 0xff, 0x7f], at + 8),
  "magic and BlockLength altered": (bytes, at) => bytes.set([0x58, 1, 0, 0, 0, 8, 0, 0, 0], at + 3),
};

describe("blocks planted in process memory", () => {
  for (const [damage, apply] of Object.entries(DAMAGES)) {
    const nested = () => {
      const header = captureOf([]);
      return concatenated(header, ...linkedBlocks(header, [fake(SHARED), fake(OTHER), { type: 0x777 }]));
    };
    const plants: Record<string, () => Uint8Array> = {
      "a region": () => blockBytes(fake(SHARED), 99),
      "an End-of-Capture": () => blockBytes(endOfCapture(new Uint8Array(32)), 99),
      "blocks linked to each other": () =>
        concatenated(...linkedBlocks(new Uint8Array(80), [fake(SHARED), fake(OTHER), { type: 0x777 }], 99)),
      "a whole capture": nested,
    };
    for (const [plant, planted] of Object.entries(plants)) {
      it(`${plant} planted in a region's pages is not salvaged when the region's block has ${damage}`, async () => {
        const { bytes, offsets } = captureWith(planted());
        apply(bytes, offsets[HOST_INDEX] ?? 0);
        const capture = await salvaged(bytes);
        const found = described(capture).filter(([, , evidence]) => evidence !== null);
        expect(found).toEqual([
          [offsets[3], 1, "chain"],
          [offsets[4], 1, "chain"],
          [offsets[5], 0xfff, "chain"],
        ]);
        expect(await firstByteAt(capture, SHARED)).toBe(0x41);
        expect(await firstByteAt(capture, OTHER)).toBe(0x43);
      });
    }
  }

  it("planted blocks are salvaged with evidence neighbour when the page data around them is altered too, and reads return the bytes of intact regions", async () => {
    const planted = concatenated(...linkedBlocks(new Uint8Array(80), [fake(SHARED), fake(OTHER), { type: 0x777 }], 99));
    const { bytes, offsets } = captureWith(planted);
    const host = offsets[HOST_INDEX] ?? 0;
    bytes.set([0x58, 1, 0, 0, 0, 8, 0, 0, 0], host + 3);
    bytes[host + REGION_HEAD] = 0x21;
    const capture = await salvaged(bytes);
    const at = host + REGION_HEAD + 64;
    expect(
      described(capture)
        .slice(HOST_INDEX)
        .map(([offset, , evidence]) => [offset, evidence]),
    ).toEqual([
      [at, "neighbour"],
      [at + blockBytes(fake(SHARED), 1).length, "neighbour"],
      [at + 2 * blockBytes(fake(SHARED), 1).length, "neighbour"],
      [offsets[3], "neighbour"],
      [offsets[4], "neighbour"],
      [offsets[5], "neighbour"],
    ]);
    expect(await firstByteAt(capture, SHARED)).toBe(0x41);
  });

  it("a planted block whose BlockLength reaches over real blocks does not hide the real blocks", async () => {
    const giant = blockBytes(fake(SHARED), 99);
    const { bytes, offsets } = captureWith(giant);
    const host = offsets[HOST_INDEX] ?? 0;
    bytes[host] = 0;
    bytes[host + REGION_HEAD] = 0x21;
    const at = host + REGION_HEAD + 64;
    new DataView(bytes.buffer).setUint32(at + 8, bytes.length - at, true);
    const found = described(await salvaged(bytes)).map(([offset]) => offset);
    expect(found).toEqual(expect.arrayContaining([offsets[3], offsets[4], offsets[5]]));
  });

  it("planted blocks in the page data of a region that is cut off are not salvaged", async () => {
    const planted = concatenated(...linkedBlocks(new Uint8Array(80), [fake(SHARED), fake(OTHER), { type: 0x777 }], 99));
    const { bytes, offsets } = captureWith(planted);
    const cut = bytes.slice(0, (offsets[HOST_INDEX] ?? 0) + REGION_HEAD + 4000);
    const capture = await salvaged(cut);
    expect(capture.blocks.length).toBe(HOST_INDEX + 1);
    expect(capture.blocks.at(HOST_INDEX).payloadLength).toBe(REGION_HEAD - 80 + 4000);
  });

  it("planted blocks change neither the dialect, the header deviations nor the verdict of a capture", async () => {
    const planted = concatenated(blockBytes({ type: 0x57, payload: new Uint8Array(8) }, 98), blockBytes({ type: 0x20 }, 99));
    const { bytes, offsets } = captureWith(planted);
    bytes[offsets[HOST_INDEX] ?? 0] = 0;
    bytes[(offsets[HOST_INDEX] ?? 0) + REGION_HEAD] = 0x21;
    bytes.set([6], 0x39);
    const ids = (capture: Capture) => capture.deviations.map(({ id }) => id).filter((id) => id.startsWith("HDR"));
    const [plain, found] = [await openCapture(bytes), await salvaged(bytes)];
    expect(found.blocks.length).toBeGreaterThan(plain.blocks.length);
    expect(found.dialect).toEqual(plain.dialect);
    expect(ids(found)).toEqual(ids(plain));
    expect(ids(found)).toContain("HDR-BLOCKCOUNT");
    expect((await verifyCapture(bytes, { salvage: true })).verdict).toBe((await verifyCapture(bytes)).verdict);
  });
});

describe("a salvaged End-of-Capture", () => {
  it("a salvaged End-of-Capture whose FileHash does not match does not end the capture, and is reported", async () => {
    const { bytes, offsets } = captureWith(new Uint8Array(0));
    bytes[offsets[HOST_INDEX] ?? 0] = 0;
    const capture = await salvaged(bytes);
    expect(capture.end.eocIndex).toBeNull();
    // FileHash stands behind the block header.
    expect(capture.deviations.filter(({ id }) => id === "INT-FILEHASH").map(({ offset }) => offset)).toEqual([
      (offsets[5] ?? 0) + 80,
    ]);
    expect(capture.deviations.map(({ id }) => id)).toContain("EOC-MISSING");
  });

  it("a salvaged End-of-Capture whose FileHash matches ends the capture", async () => {
    const { bytes, offsets } = captureWith(new Uint8Array(0));
    bytes[offsets[HOST_INDEX] ?? 0] = 0;
    const upTo = bytes.slice(0, offsets[5]);
    const [end] = linkedBlocks(new Uint8Array(80), [endOfCapture(blake3(upTo))], 50);
    const capture = await salvaged(concatenated(upTo, end ?? upTo, new Uint8Array(100)));
    expect(capture.end.eocIndex).toBe(4);
    expect(capture.deviations.map(({ id }) => id)).not.toContain("EOC-MISSING");
  });

  it("planted blocks before a salvaged End-of-Capture with a matching FileHash do not change the dialect", async () => {
    const emptyTable: BlockSpec = { type: 0x55, payload: new Uint8Array(8) };
    const ofMemslicer = blockBytes({ type: 0x57, payload: new Uint8Array(8) }, 99);
    const { bytes, offsets } = linkedCapture([emptyTable, hostOf(ofMemslicer)]);
    DAMAGES["magic and BlockLength altered"]?.(bytes, offsets[1] ?? 0);
    const upTo = bytes.slice(0, offsets[2]);
    const [end] = linkedBlocks(new Uint8Array(80), [endOfCapture(blake3(upTo))], 50);
    const capture = await salvaged(concatenated(upTo, end ?? upTo));
    expect(capture.end.eocIndex).toBe(2);
    expect([...capture.blocks].map(({ type, salvaged }) => [type, salvaged])).toContainEqual([0x57, true]);
    expect((await capture.blocks.at(0).decode()).payload?.kind).toBe("ConnectivityTable");
    const reader = new MslSliceReader(concatenated(upTo, end ?? upTo), { salvage: true });
    expect(reader.at(0).decode().payload?.kind).toBe("ConnectivityTable");
  });

  it("a planted End-of-Capture does not hide the blocks behind it", async () => {
    const planted = blockBytes(endOfCapture(new Uint8Array(32)), 99);
    const { bytes, offsets } = captureWith(planted);
    const host = offsets[HOST_INDEX] ?? 0;
    bytes[host] = 0;
    bytes[host + REGION_HEAD] = 0x21;
    const found = described(await salvaged(bytes)).map(([offset]) => offset);
    expect(found.slice(-3)).toEqual([offsets[3], offsets[4], offsets[5]]);
  });
});

describe("evidence for salvaged blocks", () => {
  it("blocks behind inserted bytes are salvaged with evidence chain", async () => {
    const { bytes, offsets } = captureWith(new Uint8Array(0));
    const rubbish = concatenated(new Uint8Array(500).fill(7), blockBytes(fake(SHARED), 99), new Uint8Array(9).fill(7));
    const at = offsets[HOST_INDEX] ?? 0;
    const capture = await salvaged(concatenated(bytes.subarray(0, at), rubbish, bytes.subarray(at)));
    expect(described(capture).slice(HOST_INDEX)).toEqual([
      [at + rubbish.length, 1, "chain"],
      [(offsets[3] ?? 0) + rubbish.length, 1, "chain"],
      [(offsets[4] ?? 0) + rubbish.length, 1, "chain"],
      [(offsets[5] ?? 0) + rubbish.length, 0xfff, "chain"],
    ]);
  });

  it("blocks without hashes are salvaged with evidence framing, and a single block with evidence header", async () => {
    const blocks = [{ type: 0x700 }, { type: 0x701, payload: new Uint8Array(400) }, { type: 0x702 }, { type: 0x703 }];
    const bytes = captureOf(blocks);
    bytes[64 + 80] = 0;
    bytes[64 + 80 + 22] = 0;
    bytes.set(blockBytes({ type: 0x704 }, 9), 64 + 80 + 100);
    expect(described(await salvaged(bytes)).map(([, type, evidence]) => [type, evidence])).toEqual([
      [0x700, null],
      [0x704, "header"],
      [0x702, "framing"],
      [0x703, "framing"],
    ]);
  });
});
