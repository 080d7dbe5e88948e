import { describe, expect, it } from "vitest";
import { MslError, MslReader, MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { vectorV1, vectorV6 } from "./vectors.js";

/** V1 whole, and a capture with modules cut before its page data would make the test long. */
const CAPTURES: readonly [string, Uint8Array][] = [
  ["vector V1", vectorV1(0)],
  ["vector V6", vectorV6().subarray(0, 600)],
  ["memslicer with modules", fixtureBytes("ms-noeoc").subarray(0, 1400)],
  ["MemDiver with modules", fixtureBytes("md-live-modules").subarray(0, 1400)],
];

describe.each(CAPTURES)("%s, cut at every byte", (_, whole) => {
  const complete = new MslSliceReader(whole);
  const ends = [...complete].map(({ offset, length }) => offset + length);

  it("a truncated capture gives every complete block, marks the cut one, and throws MslError only", async () => {
    for (let size = 0; size < whole.length; size++) {
      const bytes = whole.slice(0, size);
      if (size < 64) {
        expect(() => new MslSliceReader(bytes), `${size} bytes`).toThrow(MslError);
        await expect(openCapture(bytes), `${size} bytes`).rejects.toThrow(MslError);
        continue;
      }
      const reader = new MslSliceReader(bytes);
      const headers = [...complete].filter(({ offset }) => offset + 80 <= size).length;
      const completeBlocks = ends.filter((end) => end <= size).length;
      expect(reader.length, `${size} bytes`).toBe(headers);
      expect(reader.end.truncatedBlock, `${size} bytes`).toBe(headers > completeBlocks ? headers - 1 : null);
      for (let i = 0; i < headers; i++) {
        const { payload, problem } = reader.at(i).decode();
        if (i < completeBlocks) expect(payload, `block ${i} of ${size} bytes`).toEqual(complete.at(i).decode().payload);
        else expect([payload, problem?.id], `block ${i} of ${size} bytes`).toEqual([undefined, "BLK-TRUNCATED"]);
      }
    }
  });

  it("a truncated capture gives the same blocks and the same end as a stream", async () => {
    for (let size = 64; size < whole.length; size += 7) {
      const bytes = whole.slice(0, size);
      const reader = MslReader.from([bytes]);
      const offsets: number[] = [];
      for await (const block of reader) offsets.push(block.offset);
      const slice = new MslSliceReader(bytes);
      expect(offsets).toEqual([...slice].map(({ offset }) => offset));
      expect(reader.end).toEqual(slice.end);
    }
  });

  it("the verification of a truncated capture never gives intact", async () => {
    for (let size = 64; size < whole.length; size += 13) {
      const report = await verifyStream([whole.slice(0, size)]);
      expect(report.outcome, `${size} bytes`).not.toBe("intact");
      expect(report.blocks).toBe(new MslSliceReader(whole.slice(0, size)).length);
    }
  });
});

describe("a block cut inside", () => {
  it("a truncated block keeps the fields and entries before the cut", () => {
    const [, index] = [...new MslSliceReader(fixtureBytes("ms-noeoc"))];
    if (!index) throw new Error("The capture has a Module List Index");
    // 8 bytes of preamble, one entry of 40 bytes and a path of 32 + 1 bytes padded to 40, and a part of the next.
    const cut = new MslSliceReader(fixtureBytes("ms-noeoc").slice(0, index.payloadOffset + 100)).at(1).decode();
    expect(cut.problem?.id).toBe("BLK-TRUNCATED");
    expect(cut.partial).toMatchObject({ entryCount: 2, entries: [{ path: "/usr/lib/größe/libçrypto.so.3" }] });
  });
});

describe("a region cut inside", () => {
  it("a truncated region gives its complete pages, and marks the others as missing and not as zeros", async () => {
    const region = [...new MslSliceReader(vectorV1(0))][2];
    if (!region) throw new Error("V1 has a region");
    // 1,500 bytes of page data: page 0 whole, 476 bytes of page 3.
    const cut = vectorV1(0).slice(0, region.payloadOffset + 40 + 1500);
    const capture = await openCapture(cut);
    const read = await capture.memory.read(0x400000n, 4096);
    expect(read.segments.map(({ length, state }) => [length, state])).toEqual([
      [1024, "captured"],
      [1024, "failed"],
      [1024, "unmapped"],
      [476, "captured"],
      [548, "missing"],
    ]);
    expect(read.segments[3]?.bytes).toEqual(new Uint8Array(476).fill(0xbb));
    expect(read.complete).toBe(false);
  });

  it("pages of a truncated region without bits in the map count as failed", async () => {
    const region = [...new MslSliceReader(vectorV1(0))][2];
    if (!region) throw new Error("V1 has a region");
    const capture = await openCapture(vectorV1(0).slice(0, region.payloadOffset + 32));
    const [first] = await capture.regions();
    expect([...((await first?.pages())?.runs() ?? [])]).toEqual([{ start: 0, count: 4, state: "failed" }]);
    expect((await first?.pages())?.tally()).toEqual({ captured: 0, failed: 4, unmapped: 0, reserved: 0 });
  });
});
