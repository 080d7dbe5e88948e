import { describe, expect, it } from "vitest";
import { MslReader, MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes, fixturePath } from "./fixtures.js";
import { concatenated, vectorV1 } from "./vectors.js";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe("a strict reader", () => {
  it("a strict reader decodes a conforming capture", () => {
    const reader = new MslSliceReader(vectorV1(0), { strict: true });
    expect([...reader].map((block) => block.decode().problem)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it.each([
    ["BLK-PAYLOADVERSION", { type: 0x40, version: 0, payload: new Uint8Array(24) }],
    ["BLK-COMPALGO", { type: 0x40, flags: 2, payload: new Uint8Array(24) }],
    ["CMP-NOPREFIX", { type: 0x40, flags: 3, payload: hex(`28b52ffd 20 18 c10000 ${"00".repeat(24)}`) }],
    ["CON-TYPE", { type: 0x54, payload: new Uint8Array(8) }],
    ["EXT-MEMSLICER", { type: 0x57, payload: new Uint8Array(8) }],
    ["EXT-MEMDIVER", { type: 0x1001, payload: new Uint8Array(8) }],
    ["MOD-COUNTONLY", { type: 0x10, payload: hex("01000000 00000000") }],
    ["MOD-SHORT", { type: 0x02, payload: new Uint8Array(56) }],
  ])("a strict reader refuses a block for %s, and keeps its fields as partial", async (id, block) => {
    const bytes = captureOf([block]);
    const lenient = new MslSliceReader(bytes).at(0).decode();
    const strict = new MslSliceReader(bytes, { strict: true }).at(0).decode();
    expect([lenient.problem, lenient.payload !== undefined]).toEqual([undefined, true]);
    expect([strict.problem?.id, strict.payload]).toEqual([id, undefined]);
    const { kind: _, ...fields } = lenient.payload ?? { kind: "" };
    expect(strict.partial).toMatchObject(fields);
    const capture = await openCapture(bytes, { strict: true });
    expect((await capture.blocks.at(0).decode()).problem?.id).toBe(id);
  });

  it("every strict reader refuses a region with the layout of MSL 0.1 or with wrong flags", async () => {
    for (const block of [
      { type: 1, flags: 2, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) },
      { type: 1, version: 0, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) },
    ]) {
      const capture = await openCapture(captureOf([block]), { strict: true });
      expect(await capture.regions()).toEqual([]);
      const [refused] = await capture.unreadableRegions();
      expect(refused?.problem.id).toBe((await capture.blocks.at(0).decode()).problem?.id);
    }
  });

  it("a strict reader refuses a file with a block of type 0, and a file with an unknown HashAlgo", async () => {
    const zero = captureOf([{ type: 0x40, payload: new Uint8Array(24) }, { type: 0 }]);
    expect(() => new MslSliceReader(zero, { strict: true })).toThrow(/BLK-TYPE0/);
    await expect(openCapture(zero, { strict: true })).rejects.toMatchObject({ code: "damaged-block", offset: 172 });
    const stream = async () => {
      for await (const _ of MslReader.from([zero], { strict: true }));
    };
    await expect(stream()).rejects.toMatchObject({ code: "damaged-block", offset: 172 });
    expect(new MslSliceReader(zero).deviations.map(({ id }) => id)).toContain("BLK-TYPE0");
    const hash = vectorV1(0);
    hash[0x3d] = 9;
    expect(() => new MslSliceReader(hash, { strict: true })).toThrow(/HashAlgo is 0x09.*HDR-HASHALGO/);
    expect(new MslSliceReader(hash).deviations.map(({ id }) => id)).toContain("HDR-HASHALGO");
  });

  it("a strict reader counts all bytes behind End-of-Capture as trailing data, also blocks", async () => {
    const appended = captureOf([{ type: 0x700 }]).subarray(64);
    const bytes = concatenated(vectorV1(0), appended);
    expect(new MslSliceReader(bytes).length).toBe(5);
    const slice = new MslSliceReader(bytes, { strict: true });
    expect([slice.length, slice.end.trailingBytes]).toEqual([4, 80]);
    expect((await openCapture(bytes, { strict: true })).blocks.length).toBe(4);
    const reader = MslReader.from([bytes], { strict: true });
    let blocks = 0;
    for await (const _ of reader) blocks++;
    expect([blocks, reader.end]).toEqual([4, slice.end]);
  });

  it("strict verification reports a zero anchor as a broken chain", async () => {
    const capture = await openCapture(fixturePath("md-live-modules"), { strict: true });
    expect(await capture.verify()).toMatchObject({ outcome: "altered", anchor: "zero" });
    await capture.close();
    expect((await verifyStream([fixtureBytes("md-live-modules")])).outcome).toBe("incomplete");
    expect((await verifyStream([fixtureBytes("md-live-modules")], { strict: true })).outcome).toBe("altered");
  });
});
