/** A decoder in pieces has to keep as many bytes of its output as the longest distance of a match. */
import { describe, expect, it } from "vitest";
import { GuardedKernels, type PieceLengths } from "./support/guarded-kernels.js";
import { concat, Random } from "./support/samples.js";
import { compressedBlock, frame, repeatedLiterals, sequences, storedBlock } from "./support/zstd-builder.js";
import { decodeWithReference } from "./support/zstd-references.js";

const kernels = new GuardedKernels();

function pieces(length: number): PieceLengths {
  return { longest: length, next: () => length };
}

/** `bytes` repeated up to `length`. */
function repeated(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);
}

describe("matches at the longest distance", () => {
  it.each([7, 333, 5000])(
    "a decoder decodes an LZ4 block with matches at the longest distance in pieces of %i bytes",
    (length) => {
      const distance = 65_535;
      const bytes = new Random(5).bytes(distance);
      const repeats = 150_000;
      const extra = (rest: number) => concat(new Uint8Array(Math.floor(rest / 255)).fill(255), Uint8Array.of(rest % 255));
      const literals = concat(Uint8Array.of(0xff), extra(distance - 15), bytes);
      const match = concat(Uint8Array.of(0xff, 0xff), extra(repeats - 4 - 15));
      const block = concat(literals, match, Uint8Array.of(0x50, 1, 2, 3, 4, 5));
      const content = concat(repeated(bytes, distance + repeats), Uint8Array.of(1, 2, 3, 4, 5));
      const outcome = kernels.lz4BlockPieces(block, content.length, "end", pieces(length));
      expect(outcome.status).toBe(0);
      expect(Buffer.compare(outcome.bytes, content)).toBe(0);
    },
  );

  it.each([1, 333, 5000])(
    "a decoder decodes a Zstandard frame with matches at the longest distance in pieces of %i bytes",
    (length) => {
      const distance = 1024;
      const bytes = new Random(6).bytes(distance);
      // 1,023 bytes from 1,024 back, then one literal: match length code 45 begins at 515.
      const again = compressedBlock(
        repeatedLiterals(7, 1),
        sequences([0, 10, 45], [{ offset: [distance + 3 - 1024, 10], match: [1023 - 515, 9], literals: [0, 0] }]),
      );
      const data = frame(0x00, storedBlock(bytes), ...Array.from({ length: 400 }, () => again));
      const whole = kernels.zstd(data, 1_000_000, true, "end");
      const size = 1024 * 401;
      expect(whole.bytes.length).toBe(size);
      const expected = decodeWithReference(data, size);
      const outcome = kernels.zstdPieces(data, size, true, "end", pieces(length));
      expect(outcome.status).toBe(0);
      expect(Buffer.compare(outcome.bytes, expected ?? new Uint8Array())).toBe(0);
    },
  );
});
