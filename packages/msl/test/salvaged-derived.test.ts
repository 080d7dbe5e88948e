import { describe, expect, it } from "vitest";
import { openCapture } from "../src/index.js";
import { type BlockSpec, captureOf, PAGE, regionPayload, uuidBytes, uuidText } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const LOST = 2;
const MODULE = 40;

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Eight bytes of text, its NUL included. */
const path = (text: string) => new TextEncoder().encode(`${text}\0`.padEnd(8, "\0"));
const head = (base: number, text: string) =>
  concatenated(u64(base), u64(4096), Uint8Array.of(text.length + 1, 0, 0, 0, 0, 0, 0, 0));
const index = (base: number, text: string): BlockSpec => ({
  type: 0x10,
  payload: concatenated(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), uuidBytes(MODULE), head(base, text), path(text)),
});
const entry = (base: number, text: string): BlockSpec => ({
  type: 2,
  uuid: MODULE,
  payload: concatenated(head(base, text), path(text), new Uint8Array(40)),
});

/** A capture of the blocks `intact`, a block whose header is damaged, and the blocks `found`, which are salvaged behind it. */
function openDamaged(intact: readonly BlockSpec[], found: readonly BlockSpec[]) {
  const before = captureOf(intact).length;
  const bytes = captureOf([...intact, { type: 0x700 }, ...found]);
  bytes[before] = 0;
  return openCapture(bytes, { salvage: true });
}

describe("modules, key hints, references and regions of salvaged blocks", () => {
  it("a module has the path and address of its intact index, not those of its salvaged Module Entry", async () => {
    const capture = await openDamaged([{ type: 0x701 }, index(0x1000, "/real")], [entry(0x9000, "/fake")]);
    const [module] = await capture.modules();
    expect(module).toMatchObject({ path: "/real", baseAddr: 0x1000n, salvaged: false });
    expect(module?.block?.salvaged).toBe(true);
    expect((await capture.moduleAt(0x1000n))?.path).toBe("/real");
    expect(await capture.moduleAt(0x9000n)).toBeUndefined();
  });

  it("a module of a salvaged Module Entry without an index is listed, and marked as salvaged", async () => {
    const capture = await openDamaged([{ type: 0x701 }, { type: 0x702 }], [entry(0x9000, "/fake")]);
    expect(await capture.modules()).toMatchObject([{ path: "/fake", salvaged: true }]);
  });

  it("an intact Key Hint that points into a salvaged region is marked as salvaged", async () => {
    const hint: BlockSpec = { type: 0x20, payload: concatenated(uuidBytes(9), new Uint8Array(28)) };
    const region: BlockSpec = { type: 1, uuid: 9, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) };
    const capture = await openDamaged([hint, { type: 0x702 }], [region]);
    expect((await capture.keyHints()).map(({ block, salvaged }) => [block.salvaged, salvaged])).toEqual([[false, true]]);
  });

  it("blockByUuid returns the intact block when a salvaged block has the same UUID", async () => {
    const capture = await openDamaged([{ type: 0x701, uuid: 7 }, { type: 0x702 }], [{ type: 0x703, uuid: 7 }]);
    expect((await capture.blockByUuid(uuidText(7)))?.type).toBe(0x701);
  });

  it("a salvaged fragment is not joined to an intact region", async () => {
    const first: BlockSpec = { type: 1, uuid: 5, flags: 0x10, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) };
    const planted: BlockSpec = {
      type: 1,
      flags: 0x20,
      parent: 5,
      payload: regionPayload({ base: BigInt(PAGE), states: [0], fill: 2 }),
    };
    const regions = await (await openDamaged([first, { type: 0x702 }], [planted])).regions();
    expect(regions.map(({ baseAddr, salvaged }) => [baseAddr, salvaged])).toEqual([
      [0n, false],
      [BigInt(PAGE), true],
    ]);
  });

  it("the end of the walk counts the salvaged blocks", async () => {
    const capture = await openDamaged([{ type: 0x701 }, { type: 0x702 }], [{ type: 0x703 }, { type: 0x704 }]);
    expect(capture.end).toMatchObject({ blocks: LOST + 2, salvaged: 2 });
  });
});
