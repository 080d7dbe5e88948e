import { describe, expect, it } from "vitest";
import { Core, decodeLz4Block, decodeLz4Frame, decodeLz4FrameUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { GuardedKernels } from "./support/guarded-kernels.js";
import { compressBlockWithNapi, compressFrameWithNapi, decodeBlockWithNapi } from "./support/lz4-references.js";
import { concat, flipBit, hex, memoryLike, text } from "./support/samples.js";

const kernels = new GuardedKernels();
const CASES = [
  { name: "text", bytes: text(3000) },
  { name: "memory", bytes: memoryLike(40_000, 5) },
  { name: "zeros", bytes: new Uint8Array(300_000) },
  { name: "few", bytes: text(40) },
];

describe("damaged LZ4 blocks", () => {
  const cases = CASES.map(({ name, bytes }) => ({ name, bytes, block: compressBlockWithNapi(bytes) }));

  it.each(cases)("the LZ4 decoder refuses a block of $name truncated at any byte", ({ bytes, block }) => {
    for (let length = 0; length < block.length; length++) {
      expect(kernels.lz4Block(block.subarray(0, length), bytes.length, "end").status).not.toBe(0);
      expect(decodeLz4Block(block.subarray(0, length), bytes.length).ok).toBe(false);
    }
  });

  it.each(cases)(
    "the LZ4 decoder refuses a block of $name with any bit flipped, or decodes it as lz4_flex does",
    ({ bytes, block }) => {
      for (let bit = 0; bit < Math.min(block.length, 2500) * 8; bit++) {
        const damaged = flipBit(block, bit);
        const outcome = kernels.lz4Block(damaged, bytes.length, bit % 2 === 0 ? "begin" : "end");
        const other = decodeBlockWithNapi(damaged, bytes.length);
        // lz4_flex does not accept padding: it reads trailing zeros as another sequence.
        if (outcome.status === 0 && outcome.trailingZeros > 0) continue;
        expect(outcome.status === 0).toBe(other !== null);
        if (other !== null) expect(Buffer.compare(outcome.bytes, other)).toBe(0);
      }
    },
  );

  it.each(cases)("the LZ4 decoder refuses a block of $name for any wrong size", ({ bytes, block }) => {
    for (const wrong of [0, 1, bytes.length >> 1, bytes.length - 1, bytes.length + 1, bytes.length + 1000]) {
      expect(kernels.lz4Block(block, wrong, "end").status).not.toBe(0);
    }
  });

  it("never writes past an output that is too small, whatever its size", () => {
    const mixed = concat(text(300), memoryLike(9000, 2).subarray(4096, 4700), new Uint8Array(60), text(100, 2));
    const block = compressBlockWithNapi(mixed);
    for (let size = 0; size < mixed.length; size++) {
      expect(kernels.lz4Block(block, size, "end").status).not.toBe(0);
      expect(kernels.lz4Frame(compressFrameWithNapi(mixed), size, true, "end").status).not.toBe(0);
    }
    expect(kernels.lz4Block(block, mixed.length, "end").status).toBe(0);
  });

  it("the LZ4 decoder refuses blocks whose lengths overflow 32 bits", () => {
    const endless = new Uint8Array(17_000_000).fill(255);
    expectFailure(decodeLz4Block(concat(hex("f0"), endless), 1000), "exceeds", 0);
    expectFailure(decodeLz4Block(concat(hex("1f 41 0100"), endless), 1000), "exceeds", 0);
  });
});

describe("damaged LZ4 frames", () => {
  const cases = CASES.map(({ name, bytes }) => ({
    name,
    bytes,
    plain: compressFrameWithNapi(bytes),
    checked: compressFrameWithNapi(bytes, { contentChecksum: true, blockChecksums: true }),
  }));

  it.each(cases)("the LZ4 decoder refuses a frame of $name truncated at any byte", ({ bytes, plain, checked }) => {
    for (const frame of [plain, checked]) {
      for (let length = 0; length < frame.length; length++) {
        const truncated = frame.subarray(0, length);
        expect(kernels.lz4Frame(truncated, bytes.length, true, "end").status).not.toBe(0);
        expectFailure(decodeLz4FrameUpTo(truncated, bytes.length), "truncated", length);
        const result = decodeLz4Frame(truncated, bytes.length);
        // The rest of a frame of zeros is too short for the stated size to be plausible.
        expect(result.ok || result.reason).toBe(255 * length + 64 < bytes.length ? "implausible-size" : "truncated");
      }
    }
  });

  it.each(cases)("the LZ4 decoder refuses a frame of $name with checksums with any bit flipped", ({ bytes, checked }) => {
    const reasons = new Set<string>();
    for (let bit = 0; bit < Math.min(checked.length, 2500) * 8; bit++) {
      const damaged = flipBit(checked, bit);
      expect(kernels.lz4Frame(damaged, bytes.length, true, bit % 2 === 0 ? "begin" : "end").status).not.toBe(0);
      const result = decodeLz4FrameUpTo(damaged, bytes.length);
      expect(result.ok).toBe(false);
      if (!result.ok) reasons.add(result.reason);
    }
    expect(reasons).toContain("checksum");
  });

  it("the LZ4 decoder returns the place of the checksum that differs", () => {
    const bytes = text(100);
    const frame = compressFrameWithNapi(bytes, { contentChecksum: true, blockChecksums: true });
    const end = frame.length;
    expectBytes(decodeLz4Frame(frame, 100), bytes);
    expectFailure(decodeLz4Frame(flipBit(frame, 6 * 8), 100), "checksum", 6); // header
    expectFailure(decodeLz4Frame(flipBit(frame, (end - 12) * 8), 100), "checksum", end - 12); // block
    expectFailure(decodeLz4Frame(flipBit(frame, (end - 4) * 8), 100), "checksum", end - 4); // content
  });

  it("the LZ4 decoder refuses a frame with a wrong content size", () => {
    // Content size 65 instead of 64, with a header checksum that fits.
    const frame = hex("04224d186840 4100000000000000 00 0b000000 1f4101002750414141 4141 00000000");
    const fitting = Array.from({ length: 256 }, (_, checksum) => {
      const copy = Uint8Array.from(frame);
      copy[14] = checksum;
      return decodeLz4FrameUpTo(copy, 1000);
    });
    expect(fitting.map((result) => (result.ok ? "" : result.reason)).filter((reason) => reason !== "checksum")).toEqual([
      "size-mismatch",
    ]);
  });

  it("the LZ4 decoder allocates no memory for a size that is only stated, and stops at the size asked for", () => {
    const core = new Core();
    const bomb = compressFrameWithNapi(new Uint8Array(20_000_000));
    expectFailure(decodeLz4FrameUpTo(bomb, 1_000_000, { core }), "exceeds");
    expectFailure(decodeLz4Frame(bomb, 1_000_000, { core }), "exceeds");
    expectFailure(decodeLz4Frame(bomb, bomb.length * 255, { core }), "size-mismatch");
    expect(core.memory.bytes.length).toBeLessThan(3_000_000);
  });
});
