import { MslSliceReader, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { MemoryStream, memoryLike } from "../src/captures/memory-like.js";
import { Random } from "../src/captures/random.js";
import { randomPageMap } from "../src/measurements/workloads/page-maps.js";
import {
  moduleBlocks,
  regionBlocks,
  type SyntheticBlock,
  syntheticCapture,
} from "../src/measurements/workloads/synthetic-capture.js";

function capture(holds: "modules" | "regions", blocks: Iterable<SyntheticBlock>): Uint8Array {
  return Buffer.concat([...syntheticCapture(holds, blocks)]);
}

describe("synthetic captures", () => {
  it.each([
    ["modules", () => capture("modules", moduleBlocks(20)), 23],
    ["regions", () => capture("regions", regionBlocks({ regions: 2, pagesPerRegion: 40 })), 5],
  ])("synthetic captures of %s are intact, and every payload decodes", async (_, make, blocks) => {
    const bytes = make();
    const reader = new MslSliceReader(bytes);
    expect([reader.length, reader.deviations]).toEqual([blocks, []]);
    for (const block of reader) expect(block.decode()).toMatchObject({ deviations: [] });
    for (const block of reader) expect(block.decode()).not.toHaveProperty("problem");
    await using opened = await openCapture(bytes);
    expect((await opened.verify()).outcome).toBe("intact");
  });

  it("synthetic captures have modules of 176 to 224 bytes", () => {
    const reader = new MslSliceReader(capture("modules", moduleBlocks(14)));
    const lengths = [...reader].slice(2, -1).map(({ length }) => length);
    expect(lengths).toEqual([176, 184, 192, 200, 208, 216, 224, 176, 184, 192, 200, 208, 216, 224]);
  });
});

describe("randomPageMap", () => {
  it("randomPageMap has every state, and the runs that the bits of the map determine", () => {
    const { map, pages, starts, states } = randomPageMap(1001);
    const bits = Array.from({ length: pages }, (_, page) => ((map[Math.floor(page / 4)] ?? 0) >> (6 - 2 * (page % 4))) & 3);
    expect(new Set(bits)).toEqual(new Set([0, 1, 2, 3]));
    const first = bits.flatMap((state, page) => (state === bits[page - 1] ? [] : [page]));
    expect([...starts]).toEqual(first);
    expect([...states]).toEqual(first.map((page) => bits[page]));
  });
});

describe("memoryLike", () => {
  it("memoryLike has zero pages for a third, and the shares of other kinds that docs/corpus.md states", () => {
    const bytes = memoryLike(64 << 20);
    const counts = { zero: 0, pointers: 0, records: 0, instructions: 0, text: 0, noise: 0 };
    for (let at = 0; at < bytes.length; at += PAGE) counts[kindOf(bytes.subarray(at, at + PAGE))]++;
    expect((PAGE * counts.zero) / bytes.length).toBeGreaterThan(0.31);
    expect((PAGE * counts.zero) / bytes.length).toBeLessThan(0.36);
    const twelfths = { zero: 4, pointers: 2, records: 2, instructions: 2, text: 1, noise: 1 };
    for (const [kind, part] of Object.entries(twelfths)) {
      const found = (12 * PAGE * counts[kind as keyof typeof counts]) / bytes.length;
      expect([kind, found > part * 0.9 && found < part * 1.1, found]).toEqual([kind, true, found]);
    }
  });

  const PAGE = 4096;

  /** Recognises a kind by properties that only its pages have throughout. */
  function kindOf(page: Uint8Array): "zero" | "pointers" | "records" | "instructions" | "text" | "noise" {
    const words = new Uint32Array(page.buffer, page.byteOffset, PAGE / 4);
    const every = (step: number, from: number, value: number) => words.every((word, i) => i % step !== from || word === value);
    if (words.every((word) => word === 0)) return "zero";
    if (every(4, 1, 0x7f3a)) return "pointers";
    if (every(16, 1, 0x5555)) return "records";
    if (page.every((byte) => byte === 0x20 || (byte >= 0x61 && byte <= 0x7a))) return "text";
    return words.every((word) => (word & 0xff) >= 0x48 && (word & 0xff) < 0x58) ? "instructions" : "noise";
  }

  it("memoryLike continues the stream at the end of the previous piece, whatever the sizes of the pieces", () => {
    const [whole, pieces] = [new MemoryStream(new Random(3)), new MemoryStream(new Random(3))];
    const joined = Buffer.concat([1, 5, 2, 24].map((pages) => pieces.take(pages * PAGE)));
    expect(joined.equals(whole.take(32 * PAGE))).toBe(true);
  });
});
