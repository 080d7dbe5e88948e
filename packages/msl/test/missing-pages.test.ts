/** Captured pages whose bytes the capture lacks are missing in memory, JSON, readers of slices and streams, and `transcode`. */
import { describe, expect, it } from "vitest";
import { BytesSink, blockJson, MslReader, MslSliceReader, openCapture, transcode } from "../src/index.js";
import { blockBytes, captureOf, PAGE, regionPayload } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const [C, F] = [0, 1];

/** A capture as memslicer 0.2 writes its header: version bytes 00 01, no ClockSource, no BlockCount. */
function memslicerCapture(payload: Uint8Array): Uint8Array {
  const bytes = captureOf([{ type: 1, payload }]);
  bytes.set([0, 1], 10);
  bytes[0x38] = 0;
  return bytes;
}

/** Ten captured pages of 1,024 bytes, of which `read` bytes were read, filled with zeros to a multiple of 8. */
function paddedRegion(read: number): Uint8Array {
  const payload = regionPayload({ base: 0x1000n, states: Array(10).fill(C), fill: 0x41, short: 10 * PAGE - read });
  return concatenated(payload, new Uint8Array((8 - (payload.length % 8)) % 8));
}

async function facts(bytes: Uint8Array) {
  const capture = await openCapture(bytes);
  const [region] = await capture.regions();
  if (!region) throw new Error("The capture has a region");
  const ranges: [bigint, bigint][] = [];
  for await (const { start, end } of capture.memory.ranges()) ranges.push([start, end]);
  const { segments } = await capture.memory.read(0x1000n, 10 * PAGE);
  const { needed, held, missingPages } = await region.pageDataExtent();
  const { problem } = await region.check();
  return { states: segments.map(({ state, length }) => [state, length]), ranges, needed, held, missingPages, problem };
}

describe("short page data that was filled to 8 bytes", () => {
  it("up to seven zeros at the end of short, filled page data are missing, not memory", async () => {
    expect(await facts(memslicerCapture(paddedRegion(8193)))).toEqual({
      states: [
        ["captured", 8193],
        ["missing", 2047],
      ],
      ranges: [[0x1000n, 0x1000n + 8193n]],
      needed: 10_240,
      held: 8193,
      missingPages: 2,
      problem: expect.objectContaining({ id: "REG-SHORTDATA", message: expect.stringMatching(/only 8193 are there/) }),
    });
  });

  it("short page data loses no byte that is not zero, and none if the payload was not filled", async () => {
    const region = paddedRegion(8193);
    region[region.length - 3] = 9;
    expect((await facts(memslicerCapture(region))).held).toBe(8198);
    // A length that is no multiple of 8 was not filled.
    expect((await facts(memslicerCapture(region.slice(0, -1).fill(0, 8233)))).held).toBe(8199);
    // Padding has at most seven zeros, so that one of these eight is memory.
    const eight = paddedRegion(8192);
    eight.fill(0, eight.length - 8);
    expect((await facts(memslicerCapture(eight))).held).toBe(8185);
  });

  it("zeros at the end of short page data are memory in a 1.1 capture with a clock source, whose writer fills no payload", async () => {
    const bytes = captureOf([{ type: 1, payload: paddedRegion(8193) }]);
    expect((await facts(bytes)).held).toBe(8200);
  });

  it("short, filled page data is the same to readers of slices and of streams", async () => {
    const bytes = memslicerCapture(paddedRegion(8193));
    const slice = new MslSliceReader(bytes).at(0).decode();
    expect(slice.problem?.id).toBe("REG-SHORTDATA");
    expect(slice.partial?.["pageData"]).toHaveLength(8193);
    for await (const block of MslReader.from(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream())) {
      const streamed = await block.decode();
      expect(streamed.problem).toEqual(slice.problem);
      expect(streamed.partial?.["pageData"]).toHaveLength(8193);
    }
  });

  it("short, filled page data is missing in JSON and for `transcode`, too", async () => {
    const bytes = memslicerCapture(paddedRegion(8193));
    const capture = await openCapture(bytes);
    expect(await blockJson(capture.blocks.at(0))).toMatchObject({
      problem: { id: "REG-SHORTDATA" },
      partial: { capturedBytes: "8193", missingPages: 2 },
    });
    const sink = new BytesSink();
    const { blocks } = await transcode(bytes, sink, {});
    expect(JSON.stringify(blocks.map(({ changes }) => changes.map(({ message }) => message)))).toMatch(
      /2 captured pages of 1024 bytes, all behind the first 8.*1 bytes are there/,
    );
  });
});

describe("a region that the end of the data cuts off", () => {
  const whole = captureOf([{ type: 1, payload: regionPayload({ base: 0x1000n, states: [C, F, C, C], fill: 3 }) }]);

  it("a region that is cut off has missing pages, and a problem that says why", async () => {
    const capture = await openCapture(whole.slice(0, whole.length - 1500));
    const [region] = await capture.regions();
    expect(await region?.pageDataExtent()).toEqual({
      needed: 3 * PAGE,
      held: 3 * PAGE - 1500,
      missingPages: 2,
      compression: null,
    });
    expect((await region?.check())?.problem).toMatchObject({ id: "BLK-TRUNCATED" });
    const ranges: [bigint, bigint][] = [];
    for await (const { start, end } of capture.memory.ranges()) ranges.push([start, end]);
    expect(ranges).toEqual([
      [0x1000n, 0x1400n],
      [0x1800n, 0x1800n + 548n],
    ]);
  });

  it("a region that is cut off before its page data has no ranges", async () => {
    const { ranges, missingPages, held } = await facts(whole.slice(0, 64 + 80 + 40));
    expect({ ranges, missingPages, held }).toEqual({ ranges: [], missingPages: 3, held: 0 });
  });

  it("a region that is cut off inside padding does not take the padding for memory", async () => {
    const bytes = memslicerCapture(paddedRegion(8193));
    expect((await facts(bytes.slice(0, -3))).held).toBe(8193);
    expect((await facts(bytes.slice(0, -8))).held).toBe(8192);
  });
});

describe("a region in fragments, the first of them short", () => {
  it("a region in fragments has the ranges of each fragment with bytes, and the missing pages of all", async () => {
    const first = blockBytes(
      { type: 1, flags: 0x10, payload: regionPayload({ base: 0x1000n, states: [C, C], fill: 1, short: 500 }) },
      1,
    );
    const second = blockBytes(
      { type: 1, flags: 0x20, parent: 1, payload: regionPayload({ base: 0x1800n, states: [C, C], fill: 2 }) },
      2,
    );
    const capture = await openCapture(concatenated(captureOf([]), first, second));
    const [region, ...others] = await capture.regions();
    expect(others).toEqual([]);
    expect(await region?.pageDataExtent()).toMatchObject({ held: 4 * PAGE - 500, missingPages: 1 });
    const ranges: [bigint, bigint][] = [];
    for await (const { start, end } of capture.memory.ranges()) ranges.push([start, end]);
    expect(ranges).toEqual([
      [0x1000n, 0x1800n - 500n],
      [0x1800n, 0x2000n],
    ]);
  });
});
