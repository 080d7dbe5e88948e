/** Decompression stops when no caller waits for it any more, and no capture waits for the payloads of another. */
import { DecodedPieces } from "@memslice/core-wasm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openCapture } from "../src/index.js";
import { captureOf } from "./build-capture.js";

const ZSTD = 3;
const MIB = 1024 * 1024;
const BLOCK = 128 * 1024;
const PIECE = 256 * 1024;

/** A region of `pages` captured pages of 1 MiB, all zeros: a zstd frame of one stored block and run-length blocks of 4 bytes. */
function zeroRegion(pages: number): Uint8Array {
  const head = new Uint8Array(32 + Math.ceil(pages / 32) * 8);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, 0x1000_0000n, true);
  view.setBigUint64(8, BigInt(pages) * BigInt(MIB), true);
  head.set([3, 1, 20], 16);
  const runs = (pages * MIB) / BLOCK;
  const frame = new Uint8Array(6 + 3 + head.length + 4 * runs);
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0, (17 - 10) << 3]);
  const blockHeader = (last: number, type: number, size: number) => {
    const bits = last | (type << 1) | (size << 3);
    return [bits & 0xff, (bits >> 8) & 0xff, bits >> 16];
  };
  frame.set(blockHeader(0, 0, head.length), 6);
  frame.set(head, 9);
  for (let run = 0; run < runs; run++) frame.set(blockHeader(run === runs - 1 ? 1 : 0, 1, BLOCK), 9 + head.length + 4 * run);
  const payload = new Uint8Array(8 + frame.length);
  new DataView(payload.buffer).setBigUint64(0, BigInt(head.length + pages * MIB), true);
  payload.set(frame, 8);
  return payload;
}

const PAGES = 2000;
/** A capture whose decompression takes several time slices at any speed. */
const LONG = captureOf([{ type: 1, flags: ZSTD, payload: zeroRegion(PAGES) }]);
const SHORT = captureOf([{ type: 1, flags: ZSTD, payload: zeroRegion(12) }]);
const ALL_PIECES = (PAGES * MIB) / PIECE;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits until `count` pieces were decoded. */
async function decoded(pieces: { readonly mock: { readonly calls: readonly unknown[] } }, count: number): Promise<void> {
  while (pieces.mock.calls.length < count) await turn();
}

/** Runs the event loop 20 times, so that pending work can continue, and returns the number of decoded pieces. */
async function decodedLater(pieces: { readonly mock: { readonly calls: readonly unknown[] } }): Promise<number> {
  for (let i = 0; i < 20; i++) await turn();
  return pieces.mock.calls.length;
}

describe("a large compressed region", () => {
  afterEach(() => vi.restoreAllMocks());

  it("decompression of a large region stops when all callers have aborted, and begins anew for the next caller", async () => {
    const pieces = vi.spyOn(DecodedPieces.prototype, "next");
    const capture = await openCapture(LONG);
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(({ signal }) => capture.memory.read(0x1000_0000n, 16, signal));
    await decoded(pieces, 1);
    one.abort();
    await expect(waiting[0]).rejects.toMatchObject({ code: "aborted" });
    // The second caller still waits.
    await decoded(pieces, pieces.mock.calls.length + 1);
    two.abort();
    await expect(waiting[1]).rejects.toMatchObject({ code: "aborted" });
    const stopped = await decodedLater(pieces);
    expect(await decodedLater(pieces)).toBe(stopped);
    expect(stopped).toBeLessThan(ALL_PIECES);
    // The next read decompresses the region from its start.
    expect((await capture.memory.read(0x1000_0000n, 16)).complete).toBe(true);
  });

  it("decompression of a large region stops when its capture is closed, and its decoder is released", async () => {
    const pieces = vi.spyOn(DecodedPieces.prototype, "next");
    const released = vi.spyOn(DecodedPieces.prototype, "release");
    const capture = await openCapture(LONG);
    const reading = capture.memory.read(0x1000_0000n, 16);
    const outcome = expect(reading).rejects.toMatchObject({ code: "closed" });
    await decoded(pieces, 1);
    await capture.close();
    await outcome;
    const stopped = pieces.mock.calls.length;
    expect(await decodedLater(pieces)).toBe(stopped);
    expect(stopped).toBeLessThan(ALL_PIECES);
    expect(released).toHaveBeenCalled();
  });

  it("a read of one capture completes while a large region of another capture is decompressed", async () => {
    const [long, short] = [await openCapture(LONG), await openCapture(SHORT)];
    const pieces = vi.spyOn(DecodedPieces.prototype, "next");
    let isDone = false;
    const reading = long.memory.read(0x1000_0000n, 16).then(
      () => {
        isDone = true;
      },
      () => {},
    );
    await decoded(pieces, 1);
    expect((await short.memory.read(0x1000_0000n, 4096)).complete).toBe(true);
    expect(isDone).toBe(false);
    await long.close();
    await reading;
  });

  it("closing a capture releases the idle decoder of a large region", async () => {
    const capture = await openCapture(SHORT);
    await capture.memory.read(0x1000_0000n, 4096);
    const released = vi.spyOn(DecodedPieces.prototype, "release");
    await capture.close();
    expect(released).toHaveBeenCalledTimes(1);
  });
});

/** A zstd frame of content that is stored as it is. */
function storedFrame(content: Uint8Array): Uint8Array {
  const blocks = Math.ceil(content.length / BLOCK);
  const frame = new Uint8Array(6 + content.length + 3 * blocks);
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0, (17 - 10) << 3]);
  for (let block = 0, at = 6; block < blocks; block++) {
    const part = content.subarray(block * BLOCK, (block + 1) * BLOCK);
    const bits = (block === blocks - 1 ? 1 : 0) | (part.length << 3);
    frame.set([bits & 0xff, (bits >> 8) & 0xff, bits >> 16], at);
    frame.set(part, at + 3);
    at += 3 + part.length;
  }
  return frame;
}

function sized(content: Uint8Array): Uint8Array {
  const payload = new Uint8Array(8 + content.length + 6 + 3 * Math.ceil(content.length / BLOCK));
  new DataView(payload.buffer).setBigUint64(0, BigInt(content.length), true);
  payload.set(storedFrame(content), 8);
  return payload;
}

/** A region of MSL 0.1: 4,096 bytes a page, captured pages of zeros, compressed without a flag that says so. */
function legacyRegion(pages: number): Uint8Array {
  const map = Math.ceil(pages / 32) * 8;
  const data = storedFrame(new Uint8Array(pages * 4096));
  const payload = new Uint8Array(32 + map + data.length);
  const view = new DataView(payload.buffer);
  view.setBigUint64(8, BigInt(pages * 4096), true);
  view.setUint16(0x12, 4096, true);
  view.setUint32(0x14, pages, true);
  payload.set(data, 32 + map);
  return payload;
}

const NO_TABLE = 0x0fff;

/** Each read of the clock returns a time 10 ms later, so that work in slices pauses after some pieces on any machine. */
function slowClock(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 10;
    return now;
  });
}

describe("aborted decompression into an array", () => {
  afterEach(() => vi.restoreAllMocks());

  const MIDDLE = 7 * MIB;
  it.each([
    ["a region below wholeLimit", { type: 1, flags: ZSTD, payload: zeroRegion(7) }, MIDDLE / PIECE, 0],
    [
      "a table above wholeLimit",
      { type: NO_TABLE, flags: ZSTD, payload: sized(new Uint8Array(12 * MIB)) },
      (12 * MIB) / PIECE,
      1,
    ],
    ["page data of MSL 0.1", { type: 1, flags: 0, version: 0, payload: legacyRegion(MIDDLE / 4096) }, MIDDLE / PIECE, 0],
  ] as const)("decompression of %s stops when its signal fires", async (_, block, pieces, passes) => {
    const capture = await openCapture(captureOf([block]));
    const next = vi.spyOn(DecodedPieces.prototype, "next");
    slowClock();
    const controller = new AbortController();
    const decoding = capture.blocks.at(0).decode(controller.signal);
    const outcome = expect(decoding).rejects.toMatchObject({ code: "aborted" });
    // A payload that the cache does not hold is first decoded to its end once, to verify it.
    await decoded(next, passes * pieces + 1);
    controller.abort();
    await outcome;
    const stopped = await decodedLater(next);
    expect(stopped).toBeGreaterThan(passes * pieces);
    expect(stopped).toBeLessThan((passes + 1) * pieces);
    expect(await decodedLater(next)).toBe(stopped);
  });
});
