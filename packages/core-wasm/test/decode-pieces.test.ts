/** Decoding piece by piece through the public functions. codec-mutation.test.ts tests the kernels under them. */
import { describe, expect, it } from "vitest";
import {
  Core,
  DecodedPieces,
  type DecodeError,
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4FramePieces,
  decodeZstd,
  decodeZstdPieces,
  decodeZstdUpTo,
} from "../src/index.js";
import { compressBlockWithNapi, compressFrameWithNapi } from "./support/lz4-references.js";
import { concat, memoryLike, text } from "./support/samples.js";
import { frame, storedBlock } from "./support/zstd-builder.js";
import { compressZstd } from "./support/zstd-references.js";

const MIB = 1024 * 1024;
const CONTENT = concat(memoryLike(3 * MIB + 1234, 4), new Uint8Array(2 * MIB), text(500_000));
const EXACT = { bytes: CONTENT.length, exact: true };
const AT_MOST = { bytes: 1 << 30, exact: false };
const DATA = {
  zstd: compressZstd(CONTENT, 1),
  block: compressBlockWithNapi(CONTENT),
  frame: compressFrameWithNapi(CONTENT, { contentChecksum: true, blockChecksums: true }),
};

function opened(pieces: DecodedPieces | DecodeError): DecodedPieces {
  if (pieces instanceof DecodedPieces) return pieces;
  throw new Error(`refused: ${pieces.reason}`);
}

/** Copies of the pieces up to the last. */
function gathered(pieces: DecodedPieces): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let piece = pieces.next(); piece; piece = pieces.next()) parts.push(piece.slice());
  return parts;
}

describe.each([
  ["Zstandard", DATA.zstd, (core: Core) => decodeZstdPieces(DATA.zstd, EXACT, { core })],
  ["Zstandard of unknown size", DATA.zstd, (core: Core) => decodeZstdPieces(DATA.zstd, AT_MOST, { core })],
  ["an LZ4 block", DATA.block, (core: Core) => decodeLz4BlockPieces(DATA.block, CONTENT.length, { core })],
  ["an LZ4 frame", DATA.frame, (core: Core) => decodeLz4FramePieces(DATA.frame, EXACT, { core })],
  ["an LZ4 frame of unknown size", DATA.frame, (core: Core) => decodeLz4FramePieces(DATA.frame, AT_MOST, { core })],
] as const)("decoding %s in pieces", (_, data, open) => {
  it("a decoder in pieces yields the content, then the end of the data", () => {
    const pieces = opened(open(new Core()));
    expect(pieces.end).toBeUndefined();
    const parts = gathered(pieces);
    expect(parts.length).toBeGreaterThan(10);
    expect(Buffer.compare(concat(...parts), CONTENT)).toBe(0);
    expect(pieces.end).toEqual({ ok: true, consumed: data.length, trailingZeros: 0 });
    expect(pieces.next()).toBeNull();
  });

  it("a decoder in pieces holds little more memory than the source and the window, and releases it", () => {
    const core = new Core();
    const before = core.memory.bytes.length;
    const pieces = opened(open(core));
    gathered(pieces);
    expect(core.memory.bytes.length - before).toBeLessThan(data.length + 5 * MIB);
    expect(pieces.held).toBeGreaterThan(data.length);
    const first = core.memory.acquire(64);
    pieces.release();
    pieces.release();
    expect(pieces.next()).toBeNull();
    core.memory.release(first, 64);
    expect(core.memory.acquire(64)).toBeLessThan(first);
  });
});

describe("DecodedPieces", () => {
  it("DecodedPieces returns the current piece again after linear memory has grown", () => {
    const core = new Core();
    const pieces = opened(decodeLz4BlockPieces(DATA.block, CONTENT.length, { core }));
    expect(pieces.current.length).toBe(0);
    const length = pieces.next()?.length ?? 0;
    core.memory.acquire(30 * MIB);
    expect(pieces.current).toEqual(CONTENT.subarray(0, length));
    expect(Buffer.compare(pieces.next() ?? new Uint8Array(), CONTENT.subarray(length, 2 * length))).toBe(0);
  });

  it("DecodedPieces returns no piece that ends in damaged data", () => {
    const damaged = Uint8Array.from(DATA.block);
    damaged.fill(0, damaged.length - 400_000, damaged.length - 300_000);
    const pieces = opened(decodeLz4BlockPieces(damaged, CONTENT.length));
    const parts = gathered(pieces);
    expect(pieces.end).toMatchObject({ ok: false });
    expect(pieces.current.length).toBe(0);
    expect(concat(...parts).length).toBeLessThan(CONTENT.length);
    pieces.release();
  });
});

it("a decoder in pieces refuses a window above the limit, and returns its size", () => {
  const data = frame(0x58, storedBlock(text(100)));
  expect(decodeZstdPieces(data, AT_MOST, { windowLimit: 2 * MIB - 1 })).toEqual({
    ok: false,
    reason: "window",
    at: 5,
    window: 2 * MIB,
  });
  expect(decodeZstdUpTo(data, 100, { windowLimit: 2 * MIB })).toMatchObject({ ok: true });
});

describe("the option into", () => {
  it("a decoder in pieces writes the output to the start of the given array", () => {
    const into = new Uint8Array(CONTENT.length + 10).fill(7);
    for (const decode of [
      () => decodeZstd(DATA.zstd, CONTENT.length, { into }),
      () => decodeZstdUpTo(DATA.zstd, CONTENT.length, { into }),
      () => decodeLz4Block(DATA.block, CONTENT.length, { into }),
    ]) {
      const result = decode();
      if (!result.ok) throw new Error(result.reason);
      expect(result.bytes.buffer).toBe(into.buffer);
      expect(Buffer.compare(result.bytes, CONTENT)).toBe(0);
      expect(into.subarray(CONTENT.length)).toEqual(new Uint8Array(10).fill(7));
      into.fill(7);
    }
  });

  it("a decoder in pieces throws for an array that is shorter than the output", () => {
    const into = new Uint8Array(CONTENT.length - 1);
    expect(() => decodeZstd(DATA.zstd, CONTENT.length, { into })).toThrow(RangeError);
  });
});
