/** Limits of `transcode`: the report lists blocks and entries that a limit keeps out of the output, and counts them as lost. */
import { encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { BytesSink, transcode } from "../src/index.js";
import { losesEvidence } from "../src/transcode/report.js";
import { defaultOutputLimit } from "../src/transcode/transcode-capture.js";
import { captureOf, regionPayload } from "./build-capture.js";
import { fixtureBytes } from "./fixtures.js";
import { transcoded } from "./transcode-support.js";

const ZSTD = 3;
const PAGES = 8192;

/** UncompressedSize and a frame of some hundred bytes, which decompresses to 8 MiB of one byte. */
function compressedRegion(): Uint8Array {
  const payload = regionPayload({ base: 0x1000n, states: Array(PAGES).fill(0), fill: 7 });
  const frame = encodeZstd(payload);
  const stored = new Uint8Array(8 + frame.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(frame, 8);
  return stored;
}

const END = { type: 0xfff, payload: new Uint8Array(48) };

describe("outputLimit", () => {
  const source = captureOf([{ type: 1, flags: ZSTD, payload: compressedRegion() }, END]);

  it.each([
    ["none", 1024 * 1024],
    ["lz4", 1000],
  ] as const)(
    "transcode ends with limit when the output, stored with %s, would exceed outputLimit",
    async (compression, outputLimit) => {
      const sink = new BytesSink();
      await expect(transcode(source, sink, { compression, outputLimit })).rejects.toMatchObject({
        code: "limit",
        message: expect.stringContaining("outputLimit"),
      });
      expect(sink.bytes().length).toBeLessThanOrEqual(outputLimit);
    },
  );

  it("outputLimit does not count the decompressed size of a region that stays compressed", async () => {
    expect((await transcoded(source, { outputLimit: 64 * 1024 })).report.complete).toBe(true);
  });

  it("the default of outputLimit is 1 GiB plus 64 times the size of the source", async () => {
    expect((await transcoded(source, { compression: "none" })).bytes.length).toBeGreaterThan(PAGES * 1024);
    expect(defaultOutputLimit(197_000)).toBeLessThan(2 ** 30 + 2 ** 24);
  });
});

describe("blocks and entries above a limit", () => {
  it("transcode leaves out a region above payloadLimit, and the report is not complete", async () => {
    const source = captureOf([{ type: 1, flags: ZSTD, payload: compressedRegion() }, END]);
    const { report } = await transcoded(source, { payloadLimit: 1024 * 1024 });
    expect(report.leftOut).toEqual([expect.objectContaining({ index: 0, reason: "problem", lint: "CMP-LIMIT" })]);
    expect(report.complete).toBe(false);
    expect((await transcoded(source)).report.complete).toBe(true);
  });

  it("transcode leaves out a table with more entries than entryLimit, and the report is not complete", async () => {
    const { report } = await transcoded(fixtureBytes("md-investigation-full"), { entryLimit: 1 });
    const lost = report.leftOut.filter(({ lint }) => lint === "CMP-LIMIT");
    expect(lost.map(({ typeName }) => typeName)).toContain("ProcessTable");
    expect(report.complete).toBe(false);
  });

  it("transcode drops entries of a Module List Index above entryLimit, keeps the index, and reports lost evidence", async () => {
    const { report } = await transcoded(fixtureBytes("ms-basic-plain"), { entryLimit: 2 });
    const index = report.blocks.find(({ source }) => source.typeName === "ModuleListIndex");
    expect(index?.changes).toContainEqual(expect.objectContaining({ id: "dropped", lint: "CMP-LIMIT", field: "entries" }));
    expect(index && losesEvidence(index)).toBe(true);
  });
});

describe("a report of very many blocks", () => {
  const many = 10_050;
  const unknown = Array.from({ length: many }, () => ({ type: 0x777 }));

  it("the report lists 10,000 blocks that were left out, and counts the others", async () => {
    const { report } = await transcoded(captureOf([...unknown, END]));
    expect(report.leftOut).toHaveLength(10_000);
    expect(report.unlisted).toEqual({ blocks: 0, added: 0, leftOut: 50 });
    expect(report.complete).toBe(false);
  });

  it("the report is not complete when a lost block is not listed", async () => {
    const deselected = Array.from({ length: many }, () => ({ type: 0x41, payload: new Uint8Array(24) }));
    const broken = { type: 1, payload: new Uint8Array(3) };
    const select = { withoutKinds: ["RelatedDump"] as const };
    const { report } = await transcoded(captureOf([...deselected, broken, END]), { select });
    expect(report.leftOut.every(({ reason }) => reason === "selection")).toBe(true);
    expect(report.unlisted.leftOut).toBe(51);
    expect(report.complete).toBe(false);
    expect((await transcoded(captureOf([...deselected, END]), { select })).report.complete).toBe(true);
  });
});
