import { createHash } from "node:crypto";
import { blake3 } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { MslSliceReader, openCapture } from "../src/index.js";
import { type BlockSpec, captureOf, regionPayload } from "./build-capture.js";
import { expectation, fixtureBytes, fixturePath } from "./fixtures.js";
import { vectorV1, vectorV6 } from "./vectors.js";

const dialectOf = (bytes: Uint8Array) => new MslSliceReader(bytes).dialect;

describe("dialects", () => {
  it.each([
    ["ms-hash-sha256", "memslicer-0.2.7"],
    ["ms-investigation-full", "memslicer-0.2.4"],
    ["ms-basic-plain", "memslicer-0.2"],
    ["md-live-modules", "memdiver-2026-05-21"],
    ["lm-basic", "msl-0.1"],
    ["lm-noeoc-v11", "msl-0.1-edited"],
    ["rf-threads-x64", "reverseame"],
    ["rf-threads-edge", "reverseame"],
    ["rf-threads-x86-keyhints", "reverseame"],
    ["x-thread-regcount", "reverseame"],
    ["r2-dgm", "radare2-dgm"],
    ["r2-genmsl-mt", "radare2-dgm"],
  ])("%s has the dialect %s, in memory and as a file", async (name, id) => {
    expect(dialectOf(fixtureBytes(name)).id).toBe(id);
    const capture = await openCapture(fixturePath(name));
    expect(capture.dialect.id).toBe(id);
    await capture.close();
  });

  it("a capture with the tail of the enrichment tool is marked as enriched, and keeps its dialect", () => {
    expect(dialectOf(fixtureBytes("ms-enriched"))).toMatchObject({ id: "memslicer-0.2.4", enriched: true });
    expect(dialectOf(fixtureBytes("ms-investigation-full")).enriched).toBe(false);
  });

  it("the vectors of the specification and of MSL 0.1 have their dialects, also with edited version bytes", () => {
    expect(dialectOf(vectorV1(0)).id).toBe("specification-1.1");
    expect(dialectOf(vectorV1(1)).id).toBe("specification-1.1");
    expect(dialectOf(vectorV6()).id).toBe("msl-0.1");
    const edited = vectorV6();
    edited[0x0b] = 1;
    expect(dialectOf(edited).id).toBe("msl-0.1-edited");
  });

  it("BlockCount and CapBitmap tell the versions of MemDiver apart", () => {
    const zeroed = fixtureBytes("md-noeoc");
    zeroed.set([0, 0, 0, 0], 0x39);
    expect(dialectOf(zeroed).id).toBe("memdiver-0.5.6");
    zeroed.fill(0, 0x10, 0x18);
    expect(dialectOf(zeroed).id).toBe("memdiver-0.5.1");
  });

  it("a capture whose PrevHashes are all zero is MemDiver's test fixture; with a wrong first PrevHash the dialect is unknown", () => {
    expect(
      dialectOf(
        captureOf([
          { type: 0x40, payload: new Uint8Array(24) },
          { type: 0x10, payload: new Uint8Array(8) },
        ]),
      ).id,
    ).toBe("memdiver-fixture");
    const bytes = vectorV1(0);
    bytes[64 + 50] = (bytes[64 + 50] ?? 0) ^ 1;
    expect(dialectOf(bytes).id).toBe("unknown");
  });

  it("block flags tell the drafts of 1.0 apart", () => {
    const draft = (flags: number) => {
      const bytes = captureOf([{ type: 1, flags, payload: regionPayload({ base: 0n, states: [0], fill: 1 }) }]);
      bytes.set([0, 1], 0x0a);
      return dialectOf(bytes).id;
    };
    expect(draft(0)).toBe("draft-2026-03-19");
    expect(draft(0x40)).toBe("draft-2026-03-15");
    expect(draft(0x20)).toBe("draft-2026-03-15");
  });

  it("a region with the map length in bytes has the dialect and the layout of the draft of 2026-03-14", () => {
    const payload = regionPayload({ base: 0n, states: [0, 1], fill: 1 });
    // Page size 1,024 in two bytes, and the map's length in bytes.
    payload.set([0x00, 0x04, 8, 0, 0, 0], 0x12);
    const bytes = captureOf([{ type: 1, version: 0, payload }]);
    bytes.set([0, 1], 0x0a);
    const reader = new MslSliceReader(bytes);
    expect(reader.dialect.id).toBe("draft-2026-03-14");
    expect(reader.at(0).decode().payload).toMatchObject({ layout: "draft 2026-03-14", pageSize: 1024, numPages: 2 });
  });

  it("an encrypted capture of reverseame/memslicer has its dialect once it is decrypted", async () => {
    const { passphrase } = expectation("rf-threads-enc").secrets ?? {};
    const capture = await openCapture(fixturePath("rf-threads-enc"), { keys: { passphrase: passphrase ?? "" } });
    expect(capture.dialect.id).toBe("reverseame");
    await capture.close();
  });

  const THREAD: BlockSpec = { type: 0x11, payload: Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 7 : 0)) };
  const INDEX: BlockSpec = { type: 0x10, flags: 0x10, payload: new Uint8Array(8) };
  const ENTRY: BlockSpec = { type: 0x02, payload: new Uint8Array(64) };

  /** A 1.1 capture that is linked to its header, with a thread in front of its region. */
  function withThread(change: (header: Uint8Array, blocks: BlockSpec[]) => unknown): string {
    const region = regionPayload({ base: 0n, states: [0], fill: 1 });
    const blocks: BlockSpec[] = [{ type: 0x40, payload: new Uint8Array(24) }, THREAD, { type: 0x01, payload: region }];
    const header = captureOf([]);
    header.fill(0, 0x38, 0x39); // ClockSource
    change(header, blocks);
    const bytes = captureOf(blocks);
    bytes.set(header);
    bytes.set(blake3(bytes.subarray(0, 64)), 64 + 48);
    return dialectOf(bytes).id;
  }

  it("a capture with threads before its regions is reverseame/memslicer's, unless header or blocks have what that program never writes", () => {
    expect(withThread(() => {})).toBe("reverseame");
    expect(withThread((header) => header.fill(1, 0x38, 0x39))).toBe("specification-1.1");
    expect(withThread((header) => header.fill(3, 0x39, 0x3a))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.reverse())).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.push({ type: 0x777, payload: new Uint8Array(3) }))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.push({ type: 0x10, payload: new Uint8Array(8) }))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.splice(1, 0, INDEX, ENTRY, ENTRY))).toBe("reverseame");
    expect(withThread((_, blocks) => blocks.splice(1, 0, INDEX))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.splice(1, 1, INDEX, THREAD, ENTRY))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.splice(1, 0, INDEX, ENTRY) && blocks.push(ENTRY))).toBe("specification-1.1");
    expect(withThread((_, blocks) => blocks.push(ENTRY))).toBe("specification-1.1");
    expect(withThread((header) => header.fill(4, 0x11, 0x12))).toBe("specification-1.1"); // Key Hints, as bit 10 of CapBitmap
    expect(withThread((header) => header.fill(8, 0x0c, 0x0d))).toBe("specification-1.1"); // Redacted
    expect(withThread((_, blocks) => blocks.push({ type: 0x57, payload: new Uint8Array(3) }))).toBe("reverseame");
  });

  it("a capture is radare2's only if regions and Process Identity have no more than what dgm writes", () => {
    const labelled = (change: (bytes: Uint8Array, region: number) => unknown) => {
      const bytes = fixtureBytes("r2-dgm");
      const region = [...new MslSliceReader(bytes)].find(({ type }) => type === 1)?.payloadOffset ?? 0;
      change(bytes, region);
      bytes.set(createHash("sha256").update(bytes.subarray(0, 64)).digest(), 64 + 48);
      return dialectOf(bytes).id;
    };
    expect(labelled(() => {})).toBe("radare2-dgm");
    expect(labelled((bytes, region) => bytes.fill(1, region + 0x11, region + 0x12))).toBe("reverseame");
    expect(labelled((bytes, region) => bytes.fill(0, region + 0x18, region + 0x20))).toBe("reverseame");
    expect(labelled((bytes) => bytes.fill(1, 64 + 80, 64 + 81))).toBe("reverseame");
  });
});
