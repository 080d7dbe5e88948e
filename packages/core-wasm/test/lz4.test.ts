import { describe, expect, it } from "vitest";
import { decodeLz4Block, decodeLz4Frame, decodeLz4FrameUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import {
  compressBlockWithJs,
  compressBlockWithNapi,
  compressFrameWithJs,
  compressFrameWithNapi,
  decodeBlockWithJs,
  decodeBlockWithNapi,
  decodeFrameWithJs,
  decodeFrameWithNapi,
} from "./support/lz4-references.js";
import { concat, hex, memoryLike, samples, text } from "./support/samples.js";

/** Published vectors: 64 bytes of 0x41. */
const BLOCK = hex("1f41010027504141414141");
const FRAME = hex("04224d18684040000000000000005c0b0000001f4101002750414141414100000000");
const VECTOR_BYTES = new Uint8Array(64).fill(0x41);

describe("the published LZ4 vectors", () => {
  it.each([0, 1, 5, 7])("the LZ4 decoder decodes the published vectors with %i zero bytes of padding", (padding) => {
    const zeros = new Uint8Array(padding);
    const decoded = { ok: true, bytes: VECTOR_BYTES, trailingZeros: padding };
    expect(decodeLz4Block(concat(BLOCK, zeros), 64)).toEqual({ ...decoded, consumed: 11 });
    expect(decodeLz4Frame(concat(FRAME, zeros), 64)).toEqual({ ...decoded, consumed: 34 });
    expect(decodeLz4FrameUpTo(concat(FRAME, zeros), 2 ** 40)).toEqual({ ...decoded, consumed: 34 });
  });

  it("the LZ4 decoder refuses any other trailing data, and returns its place", () => {
    expectFailure(decodeLz4Block(concat(BLOCK, new Uint8Array(8)), 64), "trailing-data", 11);
    expectFailure(decodeLz4Block(concat(BLOCK, hex("0002")), 64), "trailing-data", 12);
    expectFailure(decodeLz4Frame(concat(FRAME, new Uint8Array(8)), 64), "trailing-data", 34);
    expectFailure(decodeLz4Frame(concat(FRAME, FRAME), 128), "size-mismatch");
    expectFailure(decodeLz4FrameUpTo(concat(FRAME, FRAME), 128), "trailing-data", 34);
  });

  it("the LZ4 decoder refuses the published vectors for other sizes", () => {
    expectFailure(decodeLz4Block(BLOCK, 63), "exceeds");
    expectFailure(decodeLz4Block(BLOCK, 65), "size-mismatch", 11);
    expectFailure(decodeLz4Frame(FRAME, 63), "exceeds");
    expectFailure(decodeLz4Frame(FRAME, 65), "size-mismatch");
    expectFailure(decodeLz4FrameUpTo(FRAME, 63), "exceeds");
    expectFailure(decodeLz4Block(BLOCK, 2 ** 63), "implausible-size");
    expectFailure(decodeLz4Frame(FRAME, 2 ** 40), "implausible-size");
  });
});

describe("LZ4 blocks", () => {
  for (const { name, bytes } of samples()) {
    it(`the LZ4 decoder decodes blocks of the sample "${name}", with and without padding`, () => {
      for (const block of [compressBlockWithNapi(bytes), compressBlockWithJs(bytes)]) {
        if (block === null) continue;
        expectBytes(decodeLz4Block(block, bytes.length), bytes);
        for (const padding of [3, 7]) {
          const result = decodeLz4Block(concat(block, new Uint8Array(padding)), bytes.length);
          expect(result).toMatchObject({ ok: true, consumed: block.length, trailingZeros: padding });
          expectBytes(result, bytes);
        }
      }
    });
  }

  it("the LZ4 decoder decodes blocks of all lengths up to 200", () => {
    for (let length = 0; length <= 200; length++) {
      for (const bytes of [text(length, length), memoryLike(length, length), new Uint8Array(length)]) {
        expectBytes(decodeLz4Block(compressBlockWithNapi(bytes), length), bytes);
      }
    }
  });

  it("the LZ4 decoder decodes a block as two other decoders do", () => {
    for (const bytes of [text(300_000), memoryLike(500_000)]) {
      const block = compressBlockWithNapi(bytes);
      const result = decodeLz4Block(block, bytes.length);
      expectBytes(result, decodeBlockWithJs(block, bytes.length));
      expectBytes(result, decodeBlockWithNapi(block, bytes.length) ?? new Uint8Array());
    }
  });

  it("the LZ4 decoder rejects a block that does not end with literals, if only none", () => {
    expect(decodeLz4Block(hex("00"), 0)).toEqual({ ok: true, bytes: new Uint8Array(), consumed: 1, trailingZeros: 0 });
    expectFailure(decodeLz4Block(new Uint8Array(), 0), "truncated", 0);
    // A match has to be followed by literals, of which there may be none.
    expectBytes(decodeLz4Block(hex("10 41 0100 00"), 5), new Uint8Array(5).fill(0x41));
    expectFailure(decodeLz4Block(hex("10 41 0100"), 5), "truncated", 4);
  });

  it("the LZ4 decoder rejects matches of offset 0 and from before the output", () => {
    expectFailure(decodeLz4Block(hex("10 41 0000 50 4141414141"), 10), "malformed", 2);
    expectFailure(decodeLz4Block(hex("10 41 0200 50 4141414141"), 10), "malformed", 2);
  });

  it("the LZ4 decoder repeats every short distance, however close to the end", () => {
    for (let distance = 1; distance <= 40; distance++) {
      for (const matchLength of [4, 15, 17, 18, 19, 33, 60, 200, 900]) {
        const literals = Uint8Array.from({ length: distance }, (_, i) => i + 1);
        const repeated = Uint8Array.from({ length: distance + matchLength }, (_, i) => (i % distance) + 1);
        const block = concat(sequence(literals, distance, matchLength), hex("50 6162636465"));
        expectBytes(decodeLz4Block(block, repeated.length + 5), concat(repeated, hex("6162636465")));
        const more = new Uint8Array(70).fill(0x7a);
        const roomy = concat(sequence(literals, distance, matchLength), hex("f0 37"), more);
        expectBytes(decodeLz4Block(roomy, repeated.length + 70), concat(repeated, more));
      }
    }
  });
});

describe("LZ4 frames", () => {
  for (const { name, bytes } of samples()) {
    it(`the LZ4 decoder decodes frames of the sample "${name}", with and without checksums`, () => {
      const frames = [
        compressFrameWithJs(bytes),
        compressFrameWithNapi(bytes),
        compressFrameWithNapi(bytes, { contentChecksum: true }),
        compressFrameWithNapi(bytes, { contentChecksum: true, blockChecksums: true }),
      ];
      for (const frame of frames) {
        expectBytes(decodeLz4Frame(frame, bytes.length), bytes);
        expectBytes(decodeLz4FrameUpTo(frame, bytes.length + 5), bytes);
      }
    });
  }

  it("the LZ4 decoder decodes a frame as two other decoders do", () => {
    const bytes = memoryLike(500_000);
    const result = decodeLz4Frame(compressFrameWithNapi(bytes), bytes.length);
    expectBytes(result, decodeFrameWithNapi(compressFrameWithNapi(bytes)) ?? new Uint8Array());
    expectBytes(result, decodeFrameWithJs(compressFrameWithJs(bytes)));
  });

  it("the LZ4 decoder refuses frames of other kinds", () => {
    expectFailure(decodeLz4Frame(hex("02214c18 0b000000 1f4101002750414141"), 64), "unsupported", 0); // legacy
    expectFailure(decodeLz4Frame(concat(hex("502a4d1800000000"), FRAME), 64), "unsupported", 0); // skippable
    expectFailure(decodeLz4Frame(hex("04224d18 a840 00 00000000"), 0), "unsupported", 4); // version 2
    expectFailure(decodeLz4Frame(hex("04224d18 6240 00 00000000"), 0), "unsupported", 4); // reserved flag
    expectFailure(decodeLz4Frame(hex("04224d18 6140 01000000 00 00000000"), 0), "dictionary", 4);
    expectFailure(decodeLz4Frame(hex("04224d18 60c0 00 00000000"), 0), "unsupported", 5);
    expectFailure(decodeLz4Frame(hex("04224d18 6030 00 00000000"), 0), "malformed", 5);
  });
});

/** One LZ4 sequence: literals and a match. */
function sequence(literals: Uint8Array, distance: number, matchLength: number): Uint8Array {
  const token = (Math.min(literals.length, 15) << 4) | Math.min(matchLength - 4, 15);
  return concat(
    Uint8Array.of(token, ...extension(literals.length - 15)),
    literals,
    Uint8Array.of(distance & 0xff, distance >> 8, ...extension(matchLength - 19)),
  );
}

function extension(length: number): number[] {
  if (length < 0) return [];
  return [...Array.from({ length: Math.floor(length / 255) }, () => 255), length % 255];
}
