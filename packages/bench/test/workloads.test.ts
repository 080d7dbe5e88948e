import { MslSliceReader, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { memoryLike } from "../src/workloads/memory-like.js";
import { moduleBlocks, regionBlocks, type SyntheticBlock, syntheticCapture } from "../src/workloads/synthetic-capture.js";

function capture(holds: "modules" | "regions", blocks: Iterable<SyntheticBlock>): Uint8Array {
  return Buffer.concat([...syntheticCapture(holds, blocks)]);
}

describe("synthetic captures", () => {
  it.each([
    ["modules", () => capture("modules", moduleBlocks(20)), 23],
    ["regions", () => capture("regions", regionBlocks({ regions: 2, pagesPerRegion: 40 })), 5],
  ])("%s verify, and every payload decodes", async (_, make, blocks) => {
    const bytes = make();
    const reader = new MslSliceReader(bytes);
    expect([reader.length, reader.deviations]).toEqual([blocks, []]);
    for (const block of reader) expect(block.decode()).toMatchObject({ deviations: [] });
    for (const block of reader) expect(block.decode()).not.toHaveProperty("problem");
    await using opened = await openCapture(bytes);
    expect((await opened.verify()).outcome).toBe("intact");
  });

  it("has modules of 176 to 224 bytes", () => {
    const reader = new MslSliceReader(capture("modules", moduleBlocks(14)));
    const lengths = [...reader].slice(2, -1).map(({ length }) => length);
    expect(lengths).toEqual([176, 184, 192, 200, 208, 216, 224, 176, 184, 192, 200, 208, 216, 224]);
  });
});

describe("memoryLike", () => {
  it("has a third of its pages zero", () => {
    const bytes = Buffer.from(memoryLike(64 << 20).buffer);
    const zero = Buffer.alloc(4096);
    let zeros = 0;
    for (let at = 0; at < bytes.length; at += 4096) zeros += Number(bytes.compare(zero, 0, 4096, at, at + 4096) === 0);
    expect((4096 * zeros) / bytes.length).toBeGreaterThan(0.31);
    expect((4096 * zeros) / bytes.length).toBeLessThan(0.36);
  });
});
