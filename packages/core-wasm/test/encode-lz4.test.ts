import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLz4Block, encodeLz4Block, lz4BlockBound } from "../src/index.js";
import { borderInputs, matchesNear, mixture, randomOrRepetitive, smallInputs } from "./support/encoder-inputs.js";
import { expectBytes } from "./support/expect-bytes.js";
import { decodeBlockWithJs, decodeBlockWithNapi } from "./support/lz4-references.js";
import { decodeLz4Strictly } from "./support/lz4-strict.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, hex, memoryLike, Random, text } from "./support/samples.js";

const lz4 = nativeTool("lz4");

/** Encodes, and decodes with two independent implementations, with one that checks all rules of the format, and with ours. */
function roundTrip(bytes: Uint8Array, name = ""): Uint8Array {
  const block = encodeLz4Block(bytes);
  expect(block.length, name).toBeLessThanOrEqual(bytes.length + Math.floor(bytes.length / 255) + 16);
  expectBytes(decodeLz4Block(block, bytes.length), bytes);
  const others = [decodeLz4Strictly(block, bytes.length), decodeBlockWithJs(block, bytes.length)];
  if (bytes.length > 0) others.push(decodeBlockWithNapi(block, bytes.length) ?? new Uint8Array());
  for (const decoded of others) {
    if (Buffer.compare(decoded, bytes) !== 0) throw new Error(`${name}: another decoder yields other bytes`);
  }
  return block;
}

describe("LZ4 blocks in other decoders", () => {
  it("the LZ4 encoder writes blocks that other decoders decode for all kinds of content of all small lengths", () => {
    let inputs = 0;
    for (const { name, bytes } of smallInputs()) {
      roundTrip(bytes, name);
      inputs++;
    }
    expect(inputs).toBeGreaterThan(1300);
  }, 120_000);

  it("the LZ4 encoder writes blocks that other decoders decode for lengths around windows and blocks", () => {
    for (const { name, bytes } of borderInputs()) roundTrip(bytes, name);
  }, 120_000);

  it.each([255, 65_535, 65_536, 131_072])(
    "the LZ4 encoder writes blocks that other decoders decode with matches at distances around %i",
    (distance) => {
      for (const { name, bytes } of matchesNear(distance)) roundTrip(bytes, name);
    },
  );

  it("the LZ4 encoder writes blocks that other decoders decode for random and repetitive arrays", () => {
    fc.assert(
      fc.property(randomOrRepetitive, (input) => {
        roundTrip(input);
      }),
      { numRuns: 3000, seed: 4 },
    );
  }, 120_000);

  it("the LZ4 encoder writes blocks that other decoders decode for mixed content", () => {
    for (let seed = 1; seed <= 60; seed++) roundTrip(mixture(1 + new Random(seed).below(600_000), seed), `mixture ${seed}`);
  }, 120_000);

  it.skipIf(lz4.isMissing)(
    `the LZ4 encoder writes blocks that ${lz4.title} decodes for all kinds of content`,
    () => {
      const inputs = [...smallInputs(), ...borderInputs()].map(({ bytes }) => bytes);
      for (let seed = 100; seed < 120; seed++) inputs.push(mixture(300_000, seed));
      // lz4 decodes several frames one after the other.
      const decoded = lz4.run(concat(...inputs.map((bytes) => lz4Frame(encodeLz4Block(bytes)))), "-d");
      expect(Buffer.compare(decoded, concat(...inputs))).toBe(0);
    },
    120_000,
  );
});

describe("encodeLz4Block", () => {
  it("encodeLz4Block encodes no bytes as one zero byte", () => {
    expect(encodeLz4Block(new Uint8Array())).toEqual(hex("00"));
  });

  it("encodeLz4Block encodes up to 16 bytes as literals", () => {
    for (let length = 1; length <= 16; length++) {
      const extended = length < 15 ? [length << 4] : [0xf0, length - 15];
      expect(encodeLz4Block(new Uint8Array(length))).toEqual(concat(Uint8Array.from(extended), new Uint8Array(length)));
    }
  });

  it("encodeLz4Block encodes 64 equal bytes as the published block", () => {
    expect(encodeLz4Block(new Uint8Array(64).fill(0x41))).toEqual(hex("1f410100275041 41414141"));
  });

  it("encodeLz4Block finds matches 65535 bytes back, and no further", () => {
    const stretch = new Random(1).bytes(200);
    const filler = new Random(2).bytes(65_535 - 200);
    const within = encodeLz4Block(concat(stretch, filler, stretch)).length;
    const beyond = encodeLz4Block(concat(stretch, filler, Uint8Array.of(1), stretch)).length;
    expect(beyond - within).toBeGreaterThan(150);
  });

  it("encodeLz4Block encodes the same bytes as the same block, whatever was encoded before", () => {
    const bytes = mixture(400_000, 5);
    const block = encodeLz4Block(bytes);
    encodeLz4Block(text(300_000));
    expect(Buffer.compare(encodeLz4Block(bytes), block)).toBe(0);
  });

  it("encodeLz4Block writes blocks that are shorter than compressible content, and never longer than the bound", () => {
    for (const bytes of [text(300_000), memoryLike(500_000, 2)]) expect(roundTrip(bytes).length).toBeLessThan(bytes.length * 0.8);
    for (const length of [1, 15, 269, 270, 271, 524, 525, 526, 65_536, 300_000]) {
      const block = roundTrip(new Random(length).bytes(length));
      expect(block.length).toBeLessThanOrEqual(lz4BlockBound(length));
    }
    expect(lz4BlockBound(255_000)).toBe(255_000 + 1000 + 16);
  });
});

/** An LZ4 frame of one raw block: blocks of up to 4 MiB, no checksum but that of the header, no content size. */
function lz4Frame(block: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, block.length, true);
  return concat(hex("04224d18 60 70 73"), size, block, new Uint8Array(4));
}
