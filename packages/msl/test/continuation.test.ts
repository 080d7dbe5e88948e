import { encodeLz4Block } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { type BlockSpec, captureOf, PAGE, regionPayload } from "./build-capture.js";
import { crossCheck } from "./cross-check.js";
import { fixturePath } from "./fixtures.js";

const HAS_CHILDREN = 0x10;
const CONTINUATION = 0x20;
const LZ4 = 5;
const [C, F] = [0, 1];

/** UncompressedSize and a raw LZ4 block. */
function lz4(payload: Uint8Array): Uint8Array {
  const block = encodeLz4Block(payload);
  const stored = new Uint8Array(8 + block.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(block, 8);
  return stored;
}

async function survey(blocks: readonly BlockSpec[]) {
  const capture = await openCapture(captureOf(blocks));
  const regions = await capture.regions();
  return {
    capture,
    regions: regions.map(({ baseAddr, regionSize, blocks: parts }) => [baseAddr, regionSize, parts.map(({ index }) => index)]),
    problems: (await crossCheck(capture)).filter(({ id }) => id === "REG-CONT").map(({ message }) => message),
    unreadable: [...(await capture.unreadableRegions())].map(({ block }) => block.index),
  };
}

const first: BlockSpec = { type: 1, flags: HAS_CHILDREN, payload: regionPayload({ base: 0x1000n, states: [C, F], fill: 1 }) };
const fragment = (base: bigint, fill: number, more: Partial<BlockSpec> = {}): BlockSpec => ({
  type: 1,
  flags: CONTINUATION,
  parent: 1,
  payload: regionPayload({ base, states: [C, C], fill }),
  ...more,
});

describe("regions in several blocks", () => {
  it("fragments become one region wherever they lie in the file, in any order", async () => {
    const { capture, regions, problems } = await survey([first, fragment(0x2000n, 3), { type: 0x777 }, fragment(0x1800n, 2)]);
    expect(regions).toEqual([[0x1000n, 0x1800n, [0, 3, 1]]]);
    expect(problems).toEqual([]);
    const [region] = await capture.regions();
    const pages = await region?.pages();
    expect([...(pages?.runs() ?? [])]).toEqual([
      { start: 0, count: 1, state: "captured" },
      { start: 1, count: 1, state: "failed" },
      { start: 2, count: 4, state: "captured" },
    ]);
    expect(pages?.tally()).toEqual({ captured: 5, failed: 1, unmapped: 0, reserved: 0 });
    expect([0, 1, 2, 5, 6].map((page) => pages?.capturedBefore(page))).toEqual([0, 1, 1, 4, 5]);
    const read = await capture.memory.read(0x1000n, 0x1800);
    expect(read.segments.map(({ length, state, bytes }) => [length, state, bytes?.[0], bytes?.at(-1)])).toEqual([
      [PAGE, "captured", 1, 1],
      [PAGE, "failed", undefined, undefined],
      [4 * PAGE, "captured", 2, 3],
    ]);
  });

  it("fragments with a gap, an overlap or another protection stay separate regions, and are reported", async () => {
    for (const [base, what] of [
      [0x1c00n, "leaves a gap"],
      [0x1400n, "overlaps"],
    ] as const) {
      const { regions, problems } = await survey([first, fragment(base, 2)]);
      expect(regions).toHaveLength(2);
      expect(problems).toEqual([expect.stringContaining(what)]);
    }
    const other = fragment(0x1800n, 2, { payload: regionPayload({ base: 0x1800n, states: [C], fill: 2, protection: 5 }) });
    expect((await survey([first, other])).problems).toEqual([expect.stringContaining("differs in kind")]);
  });

  it("fragments without a first fragment stay separate regions", async () => {
    for (const parent of [9, 2]) {
      const { regions, problems } = await survey([{ type: 0x777 }, { type: 0x40 }, fragment(0x1800n, 2, { parent })]);
      expect(regions).toEqual([[0x1800n, 0x800n, [2]]]);
      expect(problems).toEqual([expect.stringContaining("Block 2 continues a region that is not there")]);
    }
  });

  it("fragments are joined only with a first fragment that is their direct parent", async () => {
    const { regions, problems } = await survey([first, fragment(0x1800n, 2), fragment(0x2000n, 3, { parent: 2 })]);
    expect(regions).toEqual([
      [0x1000n, 0x1000n, [0, 1]],
      [0x2000n, 0x800n, [2]],
    ]);
    expect(problems).toHaveLength(1);
  });

  it.each([
    ["uncompressed", 0],
    ["LZ4", LZ4],
  ])("fragments in MemDiver's raw form continue the bytes of the first payload, which is %s", async (_, flags) => {
    const whole = regionPayload({ base: 0x1000n, states: [C, C, C], fill: 7 });
    whole.fill(8, whole.length - 1500);
    const cut = whole.length - 1500;
    const blocks: BlockSpec[] = [
      { type: 1, flags: HAS_CHILDREN | flags, payload: flags === LZ4 ? lz4(whole.slice(0, cut)) : whole.slice(0, cut) },
      { type: 1, flags: CONTINUATION, payload: whole.slice(cut, cut + 700) },
      { type: 1, flags: CONTINUATION, payload: whole.slice(cut + 700) },
    ];
    const { capture, regions, problems, unreadable } = await survey(blocks);
    expect(regions).toEqual([[0x1000n, 0xc00n, [0]]]);
    expect(unreadable).toEqual([]);
    expect(problems).toEqual([expect.stringContaining("raw continuations")]);
    expect((await capture.memory.read(0x1000n, 0xc00)).bytes()).toEqual(whole.slice(40));
  });

  it("the addresses of a fragment without page data are missing", async () => {
    const bare = regionPayload({ base: 0x1800n, states: [C, C], fill: 2 });
    const empty = fragment(0x1800n, 2, { payload: bare.subarray(0, bare.length - 2 * PAGE) });
    const { capture } = await survey([first, empty, fragment(0x2000n, 3)]);
    const read = await capture.memory.read(0x1800n, 0x1000);
    expect(read.segments.map(({ length, state, bytes }) => [length, state, bytes?.[0]])).toEqual([
      [2 * PAGE, "missing", undefined],
      [2 * PAGE, "captured", 3],
    ]);
  });

  it("the bytes of a fragment are not read at the addresses of missing bytes of the fragment before it", async () => {
    const short = { ...first, payload: regionPayload({ base: 0x1000n, states: [C, C], fill: 1, short: 24 }) };
    const { capture } = await survey([short, fragment(0x1800n, 2)]);
    const read = await capture.memory.read(0x1000n, 0x1000);
    expect(read.segments.map(({ length, state, bytes }) => [length, state, bytes?.[0]])).toEqual([
      [2024, "captured", 1],
      [24, "missing", undefined],
      [2048, "captured", 2],
    ]);
  });

  it("fragments are joined in the sample capture", async () => {
    const capture = await openCapture(fixturePath("x-continuation"));
    const joined = (await capture.regions()).filter(({ blocks }) => blocks.length > 1);
    const problems = (await crossCheck(capture)).filter(({ id }) => id === "REG-CONT");
    await capture.close();
    expect(joined).toHaveLength(1);
    expect(problems).toEqual([]);
  });
});
