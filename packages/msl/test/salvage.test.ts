import { describe, expect, it } from "vitest";
import { MslSliceReader, openCapture } from "../src/index.js";
import { blockBytes, captureOf } from "./build-capture.js";
import { concatenated, vectorV1 } from "./vectors.js";

const blocks = [
  { type: 0x700, payload: new Uint8Array(40) },
  { type: 0x701, payload: new Uint8Array(60) },
  { type: 0x702, payload: new Uint8Array(20) },
];
const whole = captureOf(blocks);
const second = 64 + 120;
const third = second + 140;

/** Salvages a capture from memory and from a source, and expects the same result. */
async function salvage(bytes: Uint8Array) {
  const reader = new MslSliceReader(bytes, { salvage: true });
  const capture = await openCapture(bytes, { salvage: true });
  const describeBlock = ({
    offset,
    type,
    salvaged,
    truncated,
  }: {
    offset: number;
    type: number;
    salvaged: boolean;
    truncated: boolean;
  }) => [offset, type, ...(salvaged ? ["salvaged"] : []), ...(truncated ? ["truncated"] : [])];
  const found = [...reader].map(describeBlock);
  expect([...capture.blocks].map(describeBlock)).toEqual(found);
  expect(capture.deviations).toEqual(reader.deviations);
  return { found, gaps: reader.gaps, ids: reader.deviations.map(({ id }) => id).filter((id) => id.startsWith("BLK")) };
}

/** A first block whose magic is gone, and `count` blocks behind it. */
function behindDamage(count: number): Uint8Array {
  const bytes = captureOf(Array.from({ length: 1 + count }, (_, i) => ({ type: 0x700 + i })));
  bytes[64] = 0;
  return bytes;
}

const aboveLimit = {
  name: "MslError",
  code: "limit",
  message: expect.stringMatching(/^There are more than 10 blocks .*\(blockLimit\)$/),
};

describe("blockLimit of a salvaging walk", () => {
  it("blockLimit bounds the blocks that follow each other behind damage", async () => {
    expect((await openCapture(behindDamage(10), { salvage: true, blockLimit: 10 })).blocks.length).toBe(10);
    const beyond = openCapture(behindDamage(11), { salvage: true, blockLimit: 10 });
    await expect(beyond).rejects.toMatchObject(aboveLimit);
  });

  it("no more headers than blockLimit are followed before the search ends", async () => {
    const bytes = behindDamage(20_000);
    let reads = 0;
    const read = async (offset: number, length: number) => {
      reads++;
      return bytes.subarray(offset, offset + length);
    };
    const opening = openCapture({ size: bytes.length, read }, { salvage: true, blockLimit: 10 });
    await expect(opening).rejects.toMatchObject(aboveLimit);
    // Each header outside the window of the search is a read.
    expect(reads).toBeLessThan(10);
  });

  it("blockLimit bounds the blocks that are found behind damage one by one", async () => {
    // Bytes that are not a block lie between the blocks, so that no block leads to the next one.
    const found = (count: number) => concatenated(behindDamage(0), ...Array.from({ length: count }, island));
    expect((await openCapture(found(10), { salvage: true, blockLimit: 10 })).blocks.length).toBe(10);
    await expect(openCapture(found(11), { salvage: true, blockLimit: 10 })).rejects.toMatchObject(aboveLimit);
  });

  it("blockLimit does not apply to a capture in memory", () => {
    expect([...new MslSliceReader(behindDamage(11), { salvage: true })]).toHaveLength(11);
  });
});

function island(_: unknown, i: number): Uint8Array {
  return concatenated(blockBytes({ type: 0x700 }, i + 1), new Uint8Array(8));
}

describe("salvage", () => {
  it("the salvage option changes nothing in a sound capture", async () => {
    expect((await salvage(whole)).found).toEqual([
      [64, 0x700],
      [second, 0x701],
      [third, 0x702],
    ]);
  });

  it("salvage continues behind a block without its magic, and marks the blocks found", async () => {
    const bytes = whole.slice();
    bytes[second] = 0;
    expect(await salvage(bytes)).toEqual({
      found: [
        [64, 0x700],
        [third, 0x702, "salvaged"],
      ],
      gaps: [{ offset: second, length: 140 }],
      ids: ["BLK-FRAMING"],
    });
    expect(new MslSliceReader(bytes).length).toBe(1);
  });

  it("salvage continues behind a BlockLength that is too small", async () => {
    const bytes = whole.slice();
    bytes.set([79, 0, 0, 0], second + 8);
    expect((await salvage(bytes)).found).toEqual([
      [64, 0x700],
      [third, 0x702, "salvaged"],
    ]);
  });

  it("salvage finds blocks inside a block whose BlockLength passes the end of the data, and cuts that block at the first of them", async () => {
    const bytes = whole.slice();
    bytes.set([0xff, 0xff, 0xff, 0xff], second + 8);
    const { found, ids } = await salvage(bytes);
    expect(found).toEqual([
      [64, 0x700],
      [second, 0x701, "truncated"],
      [third, 0x702, "salvaged"],
    ]);
    expect(ids).toEqual(["BLK-TRUNCATED"]);
    expect(new MslSliceReader(bytes, { salvage: true }).at(1).stored).toHaveLength(60);
  });

  it("salvage accepts no header with an implausible length, reserved bytes or UUID version", async () => {
    for (const [at, value] of [
      [8, 10],
      [14, 1],
      [16 + 6, 0x30],
      [11, 0xff],
    ] as const) {
      const bytes = whole.slice();
      bytes[second] = 0;
      bytes[third + at] = value;
      expect((await salvage(bytes)).found).toEqual([[64, 0x700]]);
    }
  });

  it("salvage finds headers across window borders", async () => {
    const filler = new Uint8Array(3 * 1024 * 1024 - 41).fill(0x4d);
    const bytes = concatenated(whole.subarray(0, second), filler, blockBytes({ type: 0x709 }, 9));
    expect((await salvage(bytes)).found).toEqual([
      [64, 0x700],
      [second + filler.length, 0x709, "salvaged"],
    ]);
  });

  it("salvage ends at End-of-Capture", async () => {
    const bytes = concatenated(vectorV1(0), new Uint8Array(100), blockBytes({ type: 0x709 }, 9));
    expect((await salvage(bytes)).found).toHaveLength(4);
  });

  it("salvage ends for any hostile capture", async () => {
    const lie = blockBytes({ type: 0x700 }, 1);
    new DataView(lie.buffer).setUint32(8, 0x7fffffff, true);
    const bytes = concatenated(whole, ...Array.from({ length: 5000 }, () => lie));
    const { found } = await salvage(bytes);
    expect(found).toHaveLength(4);
  });
});
