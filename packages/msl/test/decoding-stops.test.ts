/** Decompression that nobody waits for any more stops, and never holds up another capture. */
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
/** Long to decompress: it takes several slices of time at any speed. */
const LONG = captureOf([{ type: 1, flags: ZSTD, payload: zeroRegion(PAGES) }]);
const SHORT = captureOf([{ type: 1, flags: ZSTD, payload: zeroRegion(12) }]);
const ALL_PIECES = (PAGES * MIB) / PIECE;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Waits until so many pieces were decoded. */
async function decoded(pieces: { readonly mock: { readonly calls: readonly unknown[] } }, count: number): Promise<void> {
  while (pieces.mock.calls.length < count) await turn();
}

/** Counts pieces that are decoded once work has had every chance to go on. */
async function decodedLater(pieces: { readonly mock: { readonly calls: readonly unknown[] } }): Promise<number> {
  for (let i = 0; i < 20; i++) await turn();
  return pieces.mock.calls.length;
}

describe("a compressed region that takes long", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is decompressed no further when everybody who waited has given up", async () => {
    const pieces = vi.spyOn(DecodedPieces.prototype, "next");
    const capture = await openCapture(LONG);
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [one, two].map(({ signal }) => capture.memory.read(0x1000_0000n, 16, signal));
    await decoded(pieces, 1);
    one.abort();
    await expect(waiting[0]).rejects.toMatchObject({ code: "aborted" });
    // The other one still waits.
    await decoded(pieces, pieces.mock.calls.length + 1);
    two.abort();
    await expect(waiting[1]).rejects.toMatchObject({ code: "aborted" });
    const stopped = await decodedLater(pieces);
    expect(await decodedLater(pieces)).toBe(stopped);
    expect(stopped).toBeLessThan(ALL_PIECES);
    // What was given up is decompressed anew when it is asked for.
    expect((await capture.memory.read(0x1000_0000n, 16)).complete).toBe(true);
  });

  it("stops when its capture is closed, and gives its memory back", async () => {
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

  it("does not keep another capture waiting", async () => {
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

  it("has its open decoder released by close, after a read that could go on", async () => {
    const capture = await openCapture(SHORT);
    await capture.memory.read(0x1000_0000n, 4096);
    const released = vi.spyOn(DecodedPieces.prototype, "release");
    await capture.close();
    expect(released).toHaveBeenCalledTimes(1);
  });
});
