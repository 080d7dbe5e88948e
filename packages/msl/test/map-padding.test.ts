import { describe, expect, it } from "vitest";
import { blockJson, MslSliceReader, openCapture } from "../src/index.js";
import { captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const PAGE_BYTES = 1024;
const MAP_OFFSET = 64 + 80 + 32;

/** A region of five pages, of which only the first is captured. `map`: its page-state map, padded to eight bytes. */
function regionWith(map: readonly number[]): Uint8Array {
  const head = new Uint8Array(32);
  const view = new DataView(head.buffer);
  view.setBigUint64(8, BigInt(5 * PAGE_BYTES), true);
  head[0x12] = 10;
  const payload = concatenated(head, Uint8Array.from(map), new Uint8Array(PAGE_BYTES).fill(0x41));
  return captureOf([{ type: 1, payload }]);
}

async function reported(bytes: Uint8Array) {
  const sliced = new MslSliceReader(bytes).at(0).decode().deviations;
  const json = await blockJson((await openCapture(bytes)).blocks.at(0));
  return { sliced: sliced.filter(({ id }) => id === "REG-MAPPAD"), json: json["deviations"] ?? [] };
}

describe("bits of a page-state map behind the last page", () => {
  it("zero bits of a page-state map behind the last page are not reported", async () => {
    const { sliced, json } = await reported(regionWith([0b00010101, 0b01_000000, 0, 0, 0, 0, 0, 0]));
    expect(sliced).toEqual([]);
    expect(JSON.stringify(json)).not.toContain("REG-MAPPAD");
  });

  it.each([
    { where: "in the last used byte", map: [0b00010101, 0b01_000001, 0, 0, 0, 0, 0, 0], bytes: [1, 0, 0, 0, 0, 0, 0] },
    { where: "in the padding", map: [0b00010101, 0b01_000000, 0, 0, 0, 0, 0, 0x80], bytes: [0, 0, 0, 0, 0, 0, 0x80] },
  ])("set bits of a page-state map behind the last page are reported with their place: $where", async ({ map, bytes }) => {
    const { sliced, json } = await reported(regionWith(map));
    const expected = { id: "REG-MAPPAD", offset: MAP_OFFSET + 1, field: "pageStateMap" };
    expect(sliced).toMatchObject([{ ...expected, block: 0, bytes: Uint8Array.from(bytes) }]);
    expect(json).toEqual(expect.arrayContaining([expect.objectContaining(expected)]));
  });

  it("set bits of a page-state map behind the last page change no page", async () => {
    const capture = await openCapture(regionWith([0b00010101, 0b01_111111, 255, 255, 255, 255, 255, 255]));
    const read = await capture.memory.read(0n, 5 * PAGE_BYTES);
    expect(read.segments.map(({ state, length }) => [state, length])).toEqual([
      ["captured", PAGE_BYTES],
      ["failed", 4 * PAGE_BYTES],
    ]);
  });
});
