/** LZ4 frames written by hand: the size of a block, and the bytes to which it may refer. */
import { describe, expect, it } from "vitest";
import { DECODE_FAILURES, decodeLz4FrameUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { GuardedKernels } from "./support/guarded-kernels.js";
import { decodeFrameWithNapi } from "./support/lz4-references.js";
import { concat, hex } from "./support/samples.js";

const kernels = new GuardedKernels();
const INDEPENDENT = hex("04224d18 6040 82"); // blocks of at most 64 KiB
const LINKED = hex("04224d18 4040 c0");
const END_MARK = hex("00000000");
const STORED = 0x8000_0000;
const MAXIMUM = 65_536;

function block(content: Uint8Array, flag = 0): Uint8Array {
  const field = new DataView(new ArrayBuffer(4));
  field.setUint32(0, (content.length | flag) >>> 0, true);
  return concat(new Uint8Array(field.buffer), content);
}

/** A compressed block of `length` (at least 300) times the same byte. */
function run(length: number): Uint8Array {
  const more = length - 1 - 19 - 5;
  return concat(
    hex("1f 41 0100"),
    new Uint8Array(Math.floor(more / 255)).fill(255),
    Uint8Array.of(more % 255),
    hex("50 4141414141"),
  );
}

describe("blocks of an LZ4 frame", () => {
  it("the LZ4 decoder decodes a block of the largest size that the header allows, stored or not", () => {
    const bytes = new Uint8Array(MAXIMUM).fill(0x41);
    for (const only of [block(bytes, STORED), block(run(MAXIMUM))]) {
      const frame = concat(INDEPENDENT, only, END_MARK);
      expectBytes(decodeLz4FrameUpTo(frame, 1 << 20), bytes);
      expectBytes(decodeLz4FrameUpTo(frame, 1 << 20), decodeFrameWithNapi(frame) ?? new Uint8Array());
    }
  });

  it("the LZ4 decoder rejects a block that is larger than the header allows", () => {
    const bytes = new Uint8Array(MAXIMUM + 1).fill(0x41);
    for (const only of [block(bytes, STORED), block(run(MAXIMUM + 1)), block(bytes)]) {
      const frame = concat(INDEPENDENT, only, END_MARK);
      expectFailure(decodeLz4FrameUpTo(frame, 1 << 20), "malformed");
      expect(decodeFrameWithNapi(frame)).toBeNull();
      const roomy = kernels.lz4Frame(frame, 200_000, false, "end");
      expect(DECODE_FAILURES[roomy.status - 1]).toBe("malformed");
      const second = concat(INDEPENDENT, block(run(MAXIMUM)), only, END_MARK);
      expectFailure(decodeLz4FrameUpTo(second, 1 << 20), "malformed");
    }
  });

  it("the LZ4 decoder decodes a block that refers to the block before it only if blocks are linked", () => {
    const referring = concat(block(hex("6162636465"), STORED), block(hex("00 0500 50 6161616161")), END_MARK);
    expectBytes(decodeLz4FrameUpTo(concat(LINKED, referring), 100), hex("6162636465 61626364 6161616161"));
    expectFailure(decodeLz4FrameUpTo(concat(INDEPENDENT, referring), 100), "malformed", 21);
    expect(decodeFrameWithNapi(concat(INDEPENDENT, referring))).toBeNull();
  });

  it("the LZ4 decoder rejects a block that ends inside a sequence", () => {
    expectFailure(decodeLz4FrameUpTo(concat(INDEPENDENT, block(hex("50 4141")), END_MARK), 100), "malformed");
    expectFailure(decodeLz4FrameUpTo(concat(INDEPENDENT, block(hex("10 41 01")), END_MARK), 100), "malformed");
  });

  it("the LZ4 decoder decodes empty blocks", () => {
    const empty = block(new Uint8Array(), STORED);
    expectBytes(
      decodeLz4FrameUpTo(concat(INDEPENDENT, empty, block(hex("00")), block(hex("41"), STORED), END_MARK), 9),
      hex("41"),
    );
  });
});
