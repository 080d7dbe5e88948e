import { BlockType, MslSliceReader, openCapture, verifyCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { decodeModulesByHand, type HandDecodedModule } from "../src/measurements/peers/hand-written-decoder.js";
import { HandWriter } from "../src/measurements/peers/hand-written-writer.js";
import { DecodedModules } from "../src/measurements/scenarios/small/decoded-modules.js";
import { type ModuleValue, moduleCapture, moduleValues } from "../src/measurements/workloads/module-list.js";

const modules = moduleValues(300);
const capture = await moduleCapture(modules);

function byHand(bytes: Uint8Array): HandDecodedModule[] {
  const found: HandDecodedModule[] = [];
  decodeModulesByHand(bytes, (module) => found.push(module));
  return found;
}

/** Bytes as arrays of numbers, since a Buffer is no plain Uint8Array. */
function comparable({ uuid, baseAddr, moduleSize, path, version, diskHash, nativeBlob }: ModuleValue) {
  return { uuid, baseAddr, moduleSize, path, version, diskHash: [...diskHash], nativeBlob: [...nativeBlob] };
}

describe("decodeModulesByHand", () => {
  it("decodeModulesByHand decodes the modules that were written", () => {
    expect(byHand(capture).map(comparable)).toEqual(modules.map(comparable));
  });

  it("decodeModulesByHand decodes the same values as the library, of the same types", () => {
    const blocks = [...new MslSliceReader(capture)].filter(({ type }) => type === BlockType.ModuleEntry);
    const decoded = blocks.map((block) => {
      const { payload } = block.decode();
      if (payload?.kind !== "ModuleEntry") throw new Error(`Block ${block.index} is no Module Entry`);
      const { index, offset, length, flags, uuid } = block;
      return { ...comparable({ ...payload, uuid }), index, offset, length, flags };
    });
    const hand = byHand(capture).map((module) => {
      const { index, offset, length, flags } = module;
      return { ...comparable(module), index, offset, length, flags };
    });
    expect(hand).toEqual(decoded);
    const own = byHand(capture)[7]?.diskHash;
    expect(own?.buffer).toBe(capture.buffer);
  });

  it("decodeModulesByHand decodes a capture that begins inside its buffer, and ends before a block that is cut off", () => {
    const shifted = new Uint8Array(capture.length + 3).subarray(3);
    shifted.set(capture);
    expect(byHand(shifted)).toHaveLength(300);
    const last = byHand(capture)[299];
    expect(byHand(capture.subarray(0, (last?.offset ?? 0) + 100))).toHaveLength(299);
  });
});

describe("HandWriter", () => {
  it("HandWriter writes the same Module Entries as the library, byte for byte, and hashes them as FileHash does", () => {
    const first = byHand(capture)[0]?.offset ?? 0;
    const written: Uint8Array[] = [];
    const writer = new HandWriter(capture, first, (bytes) => written.push(bytes));
    for (const module of modules) writer.write(module);
    const fileHash = writer.end();
    const endOfCapture = new MslSliceReader(capture).at(302);
    expect(Buffer.concat(written).equals(capture.subarray(first, endOfCapture.offset))).toBe(true);
    expect(fileHash).toBe(Buffer.from(endOfCapture.stored.subarray(0, 32)).toString("hex"));
  });

  it("HandWriter fills many buffers without losing a byte", () => {
    const many = Array.from({ length: 10 }, () => modules).flat();
    const first = byHand(capture)[0]?.offset ?? 0;
    const written: Uint8Array[] = [];
    const writer = new HandWriter(capture, first, (bytes) => written.push(bytes));
    for (const module of many) writer.write(module);
    writer.end();
    expect(written.length).toBeGreaterThan(2);
    const again = Buffer.concat([capture.subarray(0, first), ...written]);
    expect(byHand(again).map(comparable)).toEqual(many.map(comparable));
  });
});

describe("the capture of many modules", () => {
  it("the capture of many modules is intact, without deviations, and has blocks of 192 to 208 bytes, 200 on average", async () => {
    expect((await verifyCapture(capture)).outcome).toBe("intact");
    await using opened = await openCapture(capture);
    expect(opened.deviations).toEqual([]);
    const lengths = [...opened.blocks.ofType(BlockType.ModuleEntry)].map(({ length }) => length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([192, 208]);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(196);
    expect(mean).toBeLessThan(204);
  });
});

describe("DecodedModules", () => {
  function taken(change: (module: ModuleValue, number: number) => ModuleValue = (module) => module) {
    const found = new DecodedModules();
    modules.forEach((module, number) => {
      const changed = change(module, number);
      found.take(changed.uuid, changed);
    });
    return found;
  }

  it("DecodedModules finds no difference where there is none", () => {
    expect(taken().difference(modules)).toBeUndefined();
  });

  it("DecodedModules finds missing modules, other texts anywhere, and any other value of the last modules", () => {
    expect(taken().difference(modules.slice(1))).toBe("decodes 300 modules, not 299");
    const longer = taken((module, number) => (number === 3 ? { ...module, path: `${module.path}.1` } : module));
    expect(longer.difference(modules)).toMatch(/^decodes \d+ characters, not \d+$/);
    const changes = [
      { uuid: "x" },
      { baseAddr: 1n },
      { moduleSize: 1n },
      { diskHash: new Uint8Array(32) },
      { nativeBlob: new Uint8Array(0) },
    ];
    for (const change of changes) {
      const changed = taken((module, number) => (number === 299 ? { ...module, ...change } : module));
      expect([change, changed.difference(modules)]).toEqual([change, "is wrong about module 299"]);
    }
  });
});
