import { BlockRecords, blake3 } from "@memslice/core-wasm";
import { describe, expect, it, vi } from "vitest";
import { type Capture, openCapture } from "../src/index.js";
import { References } from "../src/read/references.js";
import { type BlockSpec, blockBytes, captureOf, regionPayload, uuidBytes, uuidText } from "./build-capture.js";
import { crossCheck } from "./cross-check.js";
import { fixturePath } from "./fixtures.js";
import { transcoded } from "./transcode-support.js";
import { concatenated } from "./vectors.js";

const [C, F] = [0, 1];

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
}

function keyHint(region: number, offset: number, length: number): Uint8Array {
  return concatenated(uuidBytes(region), u32(offset), u32(0), u32(length), new Uint8Array(16));
}

/** A block, and `count` blocks with one UUID that name it as their parent. */
function withChildren(count: number): Uint8Array {
  const parent = captureOf([{ type: 0x700, uuid: 1 }]);
  const child = blockBytes({ type: 0x700, uuid: 2, parent: 1 }, 2);
  const bytes = new Uint8Array(parent.length + count * child.length);
  bytes.set(parent);
  for (let at = parent.length; at < bytes.length; at += child.length) bytes.set(child, at);
  return bytes;
}

describe("references between blocks", () => {
  it("callers of references share one index, which is made once", async () => {
    const capture = await openCapture(captureOf([{ type: 0x700 }, { type: 0x701, parent: 1 }, { type: 0x702, parent: 9 }]));
    const making = vi.spyOn(References, "making");
    const [first, second, , children] = await Promise.all([
      capture.references(),
      capture.references(),
      capture.blockByUuid(uuidText(1)),
      capture.childrenOf(capture.blocks.at(0)),
    ]);
    expect([second, await capture.references()]).toEqual([first, first]);
    expect(second).toBe(first);
    expect(children.map(({ index }) => index)).toEqual([1]);
    first.childrenOf(0).fill(7);
    expect([...first.childrenOf(0), ...first.childrenOf(3)]).toEqual([1]);
    expect(making).toHaveBeenCalledTimes(1);
    making.mockRestore();
    expect(first.toJSON()).toEqual({ blocks: 3, children: 1, dangling: 1, duplicates: 0 });
  });

  it("an abort ends the index of references for the caller that gave up, not for others", async () => {
    const capture = await openCapture(captureOf(Array.from({ length: 5000 }, (_, i) => ({ type: 0x700, uuid: i + 1 }))));
    const controller = new AbortController();
    const [gaveUp, waits] = [capture.references(controller.signal), capture.blockByUuid(uuidText(5000))];
    controller.abort();
    await expect(gaveUp).rejects.toMatchObject({ code: "aborted" });
    expect((await waits)?.index).toBe(4999);
  });

  it("an abort ends the work on the index of references, which is made anew for the next caller", async () => {
    const capture = await openCapture(withChildren(300_000));
    const uuids = vi.spyOn(BlockRecords.prototype, "uuidBytes");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(capture.references(controller.signal)).rejects.toMatchObject({ code: "aborted" });
    const before = uuids.mock.calls.length;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(uuids.mock.calls.length - before).toBeLessThan(5000);
    uuids.mockRestore();
    expect((await capture.blockByUuid(uuidText(1)))?.index).toBe(0);
  });

  const work: Record<string, (capture: Capture, signal: AbortSignal) => Promise<unknown>> = {
    "children of a block are listed": (capture, signal) => capture.childrenOf(capture.blocks.at(0), signal),
    "deviations of references are looked for": async (capture, signal) => {
      for await (const { id } of (await capture.references()).deviations(signal)) expect(id).toMatch(/^UUID-DUP|REF-FLAGS$/);
    },
  };
  it.each(Object.entries(work))("%s in slices, between which a signal is heard", async (_, run) => {
    const capture = await openCapture(withChildren(300_000));
    await capture.references();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 0);
    await expect(run(capture, controller.signal)).rejects.toMatchObject({ code: "aborted" });
  });

  it("a block is found by its UUID in upper or lower case; of equal UUIDs, the first block", async () => {
    const capture = await openCapture(
      captureOf([
        { type: 0x700, uuid: 7 },
        { type: 0x701, uuid: 7 },
        { type: 0x702, uuid: 8, parent: 7 },
      ]),
    );
    expect((await capture.blockByUuid(uuidText(7).toUpperCase()))?.index).toBe(0);
    expect(await capture.blockByUuid(uuidText(9))).toBeUndefined();
    expect(await capture.blockByUuid("no uuid")).toBeUndefined();
    expect((await capture.childrenOf(capture.blocks.at(0))).map(({ index }) => index)).toEqual([2]);
    expect((await capture.references()).parentOf(2)).toBe(0);
  });

  it("repeated UUIDs, missing parents and loops of parents are reported, and no block is lost", async () => {
    const capture = await openCapture(
      captureOf([
        { type: 0x700, uuid: 1 },
        { type: 0x700, uuid: 1 },
        { type: 0x700, uuid: 3, parent: 99 },
        { type: 0x700, uuid: 4, parent: 5 },
        { type: 0x700, uuid: 5, parent: 4 },
        { type: 0x700, uuid: 6, parent: 6 },
        { type: 0x700, uuid: 7, parent: 4 },
      ]),
    );
    const found = (await crossCheck(capture)).filter(({ id }) => id !== "REF-FLAGS").map(({ id, block }) => [id, block]);
    expect(found).toEqual([
      ["UUID-DUP", 1],
      ["REF-DANGLING", 2],
      ["REF-CYCLE", 3],
      ["REF-CYCLE", 5],
    ]);
    expect(capture.blocks.length).toBe(7);
  });

  it("a module or table with the wrong parent, and a wrong HasChildren, are reported", async () => {
    const entry = concatenated(new Uint8Array(24), new Uint8Array(40));
    const capture = await openCapture(
      captureOf([
        { type: 0x10, flags: 0x10, payload: new Uint8Array(8) },
        { type: 0x02, parent: 1, payload: entry },
        { type: 0x02, parent: 2, payload: entry },
        { type: 0x51, payload: new Uint8Array(8) },
      ]),
    );
    const found = (await crossCheck(capture)).filter(({ id }) => id.startsWith("REF")).map(({ id, block }) => [id, block]);
    expect(found).toEqual([
      ["REF-PARENT", 2],
      ["REF-PARENT", 3],
      ["REF-FLAGS", 1],
    ]);
  });

  it("references are right in a capture of many thousand blocks", async () => {
    const blocks = Array.from({ length: 20_000 }, (_, i) => ({ type: 0x700, uuid: i + 1, parent: Math.floor(i / 2) }));
    const capture = await openCapture(captureOf(blocks));
    expect((await capture.childrenOf(capture.blocks.at(4999))).map(({ index }) => index)).toEqual([10_000, 10_001]);
    for await (const { id } of (await capture.references()).deviations()) expect(id).toBe("REF-FLAGS");
  });
});

describe("modules", () => {
  it("modules are joined with the entries of the Module List Index", async () => {
    const capture = await openCapture(fixturePath("ms-basic-plain"));
    const modules = await capture.modules();
    expect(modules).toHaveLength(3);
    for (const { entry, announced, path, baseAddr } of modules) {
      expect(entry?.path).toBe(announced?.path);
      expect([path, baseAddr]).toEqual([announced?.path, announced?.baseAddr]);
    }
    const [first] = modules;
    expect((await capture.moduleAt(first?.baseAddr ?? 0n))?.path).toBe(first?.path);
    expect(await capture.moduleAt(1n)).toBeUndefined();
    expect((await crossCheck(capture)).filter(({ id }) => id === "MOD-MISMATCH")).toEqual([]);
    await capture.close();
  });

  it("modules that only the index or only a Module Entry names are both kept", async () => {
    const announced = concatenated(u32(1), u32(0), uuidBytes(50), u32(0x5000), u32(0), u32(0x1000), u32(0), u32(0), u32(0));
    const entry = concatenated(u32(0x7000), u32(0), u32(0x100), u32(0), u32(0), u32(0), new Uint8Array(40));
    const capture = await openCapture(
      captureOf([
        { type: 0x10, payload: announced },
        { type: 0x02, parent: 1, payload: entry },
      ]),
    );
    expect(
      (await capture.modules()).map(({ baseAddr, entry: own, announced: index }) => [
        baseAddr,
        own !== undefined,
        index !== undefined,
      ]),
    ).toEqual([
      [0x5000n, false, true],
      [0x7000n, true, false],
    ]);
    expect((await crossCheck(capture)).filter(({ id }) => id === "MOD-MISMATCH").map(({ block }) => block)).toEqual([0, 1]);
  });

  it("modules are not reported as missing from an index that stores only their number", async () => {
    const capture = await openCapture(fixturePath("lm-modules-many"));
    expect((await capture.modules()).length).toBeGreaterThan(10);
    expect((await crossCheck(capture)).filter(({ id }) => id === "MOD-MISMATCH")).toEqual([]);
    await capture.close();
  });
});

describe("key hints", () => {
  const region = (states: readonly number[]) => {
    const payload = regionPayload({ base: 0x10000n, states, fill: 0 });
    // Each byte of the page data is its offset divided by 256.
    for (let i = 40; i < payload.length; i++) payload[i] = (i - 40) >> 8;
    return { type: 1, payload };
  };
  const hints = async (states: readonly number[], payload: Uint8Array, make = captureOf) => {
    const capture = await openCapture(make([region(states), { type: 0x20, payload }]));
    const [hint] = await capture.keyHints();
    return {
      candidates: hint?.candidates.map(({ reading, address, bytes }) => [reading, address, bytes.length, bytes[0]]),
      ids: hint?.deviations.map(({ id }) => id),
    };
  };

  it("key hints have address and bytes of the key", async () => {
    expect(await hints([C, C, C], keyHint(1, 1100, 32))).toEqual({ candidates: [["page data", 0x1044cn, 32, 4]], ids: [] });
  });

  it("key hints have both candidates if pages before the key were not captured", async () => {
    expect(await hints([F, C, C], keyHint(1, 1100, 32))).toEqual({
      candidates: [
        ["page data", 0x1084cn, 32, 4],
        ["region", 0x1044cn, 32, 0],
      ],
      ids: ["KEY-AMBIGUOUS"],
    });
  });

  /** Linked to its header, with a block that only memslicer and its fork write. */
  const byTheFork = (blocks: readonly BlockSpec[]) => {
    const bytes = captureOf([...blocks, { type: 0x57, payload: new Uint8Array(8) }]);
    bytes.set(blake3(bytes.subarray(0, 64)), 64 + 48);
    return bytes;
  };

  it("key hints in captures by the fork count from the first address of the region", async () => {
    expect(await hints([F, C, C], keyHint(1, 1100, 32), byTheFork)).toEqual({
      candidates: [
        ["region", 0x1044cn, 32, 0],
        ["page data", 0x1084cn, 32, 4],
      ],
      ids: ["KEY-AMBIGUOUS"],
    });
    expect(await hints([F, C, C], keyHint(1, 2200, 32), byTheFork)).toEqual({
      candidates: [["region", 0x10898n, 32, 4]],
      ids: [],
    });
    expect(await hints([C, F, C], keyHint(1, 1100, 32), byTheFork)).toEqual({
      candidates: [["page data", 0x1084cn, 32, 4]],
      // By the rule of the fork, the key lies in the page that was not captured.
      ids: ["KEY-AMBIGUOUS"],
    });
  });

  it("key hints have the candidate that alone lies inside its range, and no range is passed then", async () => {
    // At 2560 of 3072 bytes of page data, 1024 bytes pass its end; in the region, they are captured.
    expect(await hints([C, F, C, C], keyHint(1, 2560, 1024))).toEqual({
      candidates: [["region", 0x10a00n, 1024, 6]],
      ids: [],
    });
    expect(await hints([F, F, C], keyHint(1, 512, 256))).toEqual({ candidates: [["page data", 0x10a00n, 256, 2]], ids: [] });
  });

  it("key hints give no bytes of both sides of a hole", async () => {
    expect(await hints([C, F, C], keyHint(1, 1000, 48))).toEqual({
      candidates: [["page data", 0x103e8n, 24, 3]],
      ids: ["KEY-RANGE"],
    });
    expect(await hints([C, C, F, C], keyHint(1, 1000, 48))).toEqual({
      candidates: [["page data", 0x103e8n, 48, 3]],
      ids: [],
    });
  });

  it("transcode carries key hints by the fork over to the same bytes, by their offset in page data", async () => {
    const { bytes, report } = await transcoded(byTheFork([region([F, C, C]), { type: 0x20, payload: keyHint(1, 1100, 32) }]));
    const capture = await openCapture(bytes);
    const [hint] = await capture.keyHints();
    expect(capture.dialect.id).toBe("specification-1.1");
    expect(hint?.hint.regionOffset).toBe(1100n - 1024n);
    expect(hint?.candidates[0]).toMatchObject({ reading: "page data", address: 0x1044cn });
    const changes = report.blocks.flatMap((block) => block.changes);
    expect(changes.map(({ field }) => field)).toContain("regionOffset");
  });

  it("key hints that point outside a region or name no region are reported and kept", async () => {
    expect(await hints([C, F], keyHint(1, 1024, 16))).toEqual({ candidates: [], ids: ["KEY-RANGE"] });
    expect(await hints([C, F], keyHint(1, 1000, 100))).toEqual({
      candidates: [["page data", 0x103e8n, 24, 3]],
      ids: ["KEY-RANGE"],
    });
    expect(await hints([C], keyHint(77, 0, 16))).toEqual({ candidates: [], ids: ["REF-DANGLING"] });
  });

  it("key hints give at most 64 KiB of a key", async () => {
    expect(await hints(Array(80).fill(C), keyHint(1, 256, 70_000))).toEqual({
      candidates: [["page data", 0x10100n, 65_536, 1]],
      ids: ["CMP-LIMIT"],
    });
  });
});
