import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeZstd, encodeZstd, type ZstdLevel, zstdBound } from "../src/index.js";
import { borderInputs, matchesNear, mixture, randomOrRepetitive, smallInputs } from "./support/encoder-inputs.js";
import { expectBytes } from "./support/expect-bytes.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, hex, memoryLike, Random, text } from "./support/samples.js";
import { decodeWithBokuweb, decodeWithFzstd, decodeWithReference } from "./support/zstd-references.js";

const LEVELS: readonly ZstdLevel[] = ["fast", "default"];
const EIGHT_MIB = 8 * 1024 * 1024;
const BLOCK = 128 * 1024;
const zstd = nativeTool("zstd");

/** Encodes, and decodes with two independent implementations and with ours. */
function roundTrip(bytes: Uint8Array, level: ZstdLevel, name = ""): Uint8Array {
  const frame = encodeZstd(bytes, level);
  const blocks = Math.max(1, Math.ceil(bytes.length / BLOCK));
  expect(frame.length, name).toBeLessThanOrEqual(headerLength(frame) + bytes.length + 3 * blocks);
  expectBytes(decodeZstd(frame, bytes.length, { windowLimit: EIGHT_MIB }), bytes);
  const others =
    bytes.length === 0 ? [decodeWithBokuweb(frame)] : [decodeWithReference(frame, bytes.length), decodeWithFzstd(frame)];
  for (const decoded of others) {
    if (decoded === null || Buffer.compare(decoded, bytes) !== 0) throw new Error(`${name}: another decoder yields other bytes`);
  }
  return frame;
}

describe.each(LEVELS)("frames of the level %s in other decoders", (level) => {
  it("the Zstandard encoder writes frames that other decoders decode for all kinds of content of all small lengths", () => {
    let inputs = 0;
    for (const { name, bytes } of smallInputs()) {
      roundTrip(bytes, level, name);
      inputs++;
    }
    expect(inputs).toBeGreaterThan(1300);
  }, 120_000);

  it("the Zstandard encoder writes frames that other decoders decode for lengths around those of blocks", () => {
    for (const { name, bytes } of borderInputs()) roundTrip(bytes, level, name);
  }, 120_000);

  it.each([65_536, BLOCK, 1 << 20, 1 << 22])(
    "the Zstandard encoder writes frames that other decoders decode with matches at distances around %i",
    (distance) => {
      for (const { name, bytes } of matchesNear(distance)) roundTrip(bytes, level, name);
    },
    120_000,
  );

  it("the Zstandard encoder writes frames that other decoders decode for random and repetitive arrays", () => {
    fc.assert(
      fc.property(randomOrRepetitive, (input) => {
        roundTrip(input, level);
      }),
      { numRuns: 1500, seed: 3 },
    );
  }, 120_000);

  it("the Zstandard encoder writes frames that other decoders decode for mixed content, whose blocks are cut", () => {
    for (let seed = 1; seed <= 60; seed++)
      roundTrip(mixture(1 + new Random(seed).below(600_000), seed), level, `mixture ${seed}`);
  }, 120_000);

  it.skipIf(zstd.isMissing)(
    `the Zstandard encoder writes frames that ${zstd.title} decodes for all kinds of content`,
    () => {
      const inputs = [...smallInputs(), ...borderInputs()].map(({ bytes }) => bytes);
      for (let seed = 100; seed < 120; seed++) inputs.push(mixture(300_000, seed));
      const frames = inputs.map((bytes) => encodeZstd(bytes, level));
      // zstd decodes several frames one after the other.
      const decoded = zstd.run(concat(...frames), "-d", "--no-sparse", "--memory=8MB");
      expect(Buffer.compare(decoded, concat(...inputs))).toBe(0);
      zstd.run(concat(...frames), "-t", "--memory=8MB");
    },
    120_000,
  );

  it.skipIf(zstd.isMissing)(
    `the Zstandard encoder writes frames that ${zstd.title} decodes for content longer than the window`,
    () => {
      for (const bytes of [memoryLike(9_000_000, 4), ...[...matchesNear(1 << 22)].map((input) => input.bytes)]) {
        expect(Buffer.compare(zstd.run(encodeZstd(bytes, level), "-d", "--memory=8MB"), bytes)).toBe(0);
      }
    },
    120_000,
  );
});

describe("encodeZstd", () => {
  it("encodeZstd writes the content size to the header, and the window where that is smaller", () => {
    expect(header(0)).toEqual(hex("28b52ffd 20 00"));
    expect(header(255)).toEqual(hex("28b52ffd 20 ff"));
    expect(header(256)).toEqual(hex("28b52ffd 60 0000"));
    expect(header(65_791)).toEqual(hex("28b52ffd 60 ffff"));
    expect(header(65_792)).toEqual(hex("28b52ffd a0 00010100"));
    expect(header(1 << 20)).toEqual(hex("28b52ffd a0 00001000"));
    expect(header((1 << 20) + 1)).toEqual(hex("28b52ffd 80 50 01001000"));
    expect(header((1 << 22) + 1)).toEqual(hex("28b52ffd 80 50 01004000"));
    expect(header((1 << 22) + 1, "default")).toEqual(hex("28b52ffd 80 60 01004000"));
  });

  it("encodeZstd encodes no bytes as a header and an empty block", () => {
    for (const level of LEVELS) expect(encodeZstd(new Uint8Array(), level)).toEqual(hex("28b52ffd 20 00 010000"));
  });

  it("encodeZstd encodes one repeated byte as blocks of one byte", () => {
    expect(encodeZstd(new Uint8Array(64).fill(0x41))).toEqual(hex("28b52ffd 20 40 030200 41"));
    expect(encodeZstd(new Uint8Array(BLOCK + 64).fill(0x41))).toEqual(hex("28b52ffd a0 40000200 020010 41 030200 41"));
  });

  it("encodeZstd takes 3 bytes per block for content that does not compress", () => {
    for (const length of [1, 100, 255]) expect(encodeZstd(new Random(length).bytes(length)).length).toBe(length + 9);
    for (const length of [70_000, BLOCK]) expect(encodeZstd(new Random(7).bytes(length)).length).toBe(length + 12);
    expect(encodeZstd(new Random(7).bytes(BLOCK + 1)).length).toBe(BLOCK + 1 + 9 + 3 + 3);
  });

  it("encodeZstd encodes the same bytes as the same frame, whatever was encoded before", () => {
    for (const level of LEVELS) {
      const bytes = mixture(400_000, 5);
      const frame = encodeZstd(bytes, level);
      encodeZstd(new Random(5).bytes(300_000), level);
      encodeZstd(text(1000), level === "fast" ? "default" : "fast");
      expect(Buffer.compare(encodeZstd(bytes, level), frame)).toBe(0);
    }
  });

  it("encodeZstd repeats offsets of earlier blocks", () => {
    const random = new Random(8);
    const record = random.bytes(24);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 20_000; i++) parts.push(record, random.bytes(i % 9 === 0 ? 3 : 2));
    const regular = concat(...parts).subarray(0, 3 * BLOCK);
    for (const level of LEVELS) expect(roundTrip(regular, level).length).toBeLessThan(regular.length / 5);
  });

  it("encodeZstd does not repeat the offset of a match in a block that is then stored uncompressed", () => {
    const first = new Random(1).bytes(BLOCK);
    const second = new Random(2).bytes(BLOCK);
    // Near the start of a block, since the steps of a search grow as long as it finds nothing.
    const distance = BLOCK - 60;
    second.set(first.subarray(120, 180), 60);
    // The third block begins with matches at the distance of the one match in the second block.
    const third = concat(Uint8Array.of((second[60] ?? 0) ^ 1), second.subarray(61, 60_000), text(BLOCK - 59_940));
    const bytes = concat(first, second, third);
    expect(bytes.subarray(BLOCK + 60, BLOCK + 120)).toEqual(bytes.subarray(BLOCK + 60 - distance, BLOCK + 120 - distance));
    for (const level of LEVELS) {
      const length = roundTrip(bytes, level).length;
      expect(length).toBeGreaterThan(2 * BLOCK);
      expect(length).toBeLessThan(2.3 * BLOCK);
    }
  });

  it("encodeZstd does not repeat either offset of two matches in a block that is then stored uncompressed", () => {
    const half = BLOCK / 2;
    const repeated = new Random(1).bytes(half);
    const second = new Random(2).bytes(BLOCK);
    second.set(repeated.subarray(120, 180), 60);
    second.set(repeated.subarray(520, 580), 140);
    const bytes = concat(repeated, repeated, second, text(BLOCK));
    // The third block begins with a match at the offset of the first block, then a match at the older offset of the second block.
    bytes.copyWithin(2 * BLOCK + 1, 2 * BLOCK + 1 - half, 2 * BLOCK + 61 - half);
    const older = BLOCK - 60;
    expect(bytes.subarray(BLOCK + 60, BLOCK + 120)).toEqual(bytes.subarray(BLOCK + 60 - older, BLOCK + 120 - older));
    bytes.copyWithin(2 * BLOCK + 61, 2 * BLOCK + 61 - older, 2 * BLOCK + 121 - older);
    for (const level of LEVELS) expect(roundTrip(bytes, level).length).toBeGreaterThan(1.5 * BLOCK);
  });

  it("encodeZstd writes shorter frames at the default level", () => {
    for (const bytes of [text(500_000), memoryLike(2_000_000, 3), mixture(1_000_000, 2)]) {
      const fast = roundTrip(bytes, "fast").length;
      expect(roundTrip(bytes, "default").length).toBeLessThan(fast * 1.001);
      expect(fast).toBeLessThan(bytes.length * 0.8);
    }
  });

  it("encodeZstd bounds the length of a frame", () => {
    expect(zstdBound(0)).toBe(13);
    expect(zstdBound(BLOCK)).toBe(BLOCK + 13);
    expect(zstdBound(BLOCK + 1)).toBe(BLOCK + 17);
    expect(zstdBound(2 ** 30)).toBe(2 ** 30 + 3 * 8192 + 10);
  });
});

function header(length: number, level: ZstdLevel = "fast"): Uint8Array {
  const frame = encodeZstd(new Uint8Array(length), level);
  return frame.subarray(0, headerLength(frame));
}

/** Bytes of the header of a frame with content size and without dictionary. */
function headerLength(frame: Uint8Array): number {
  const descriptor = frame[4] ?? 0;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  return 5 + (isSingleSegment ? 0 : 1) + (descriptor < 0x40 ? 1 : 1 << (descriptor >> 6));
}
