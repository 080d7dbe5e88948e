import { describe, expect, it } from "vitest";
import { Core, DECODE_FAILURES, decodeZstd, decodeZstdUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { GuardedKernels } from "./support/guarded-kernels.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, flipBit, hex, memoryLike, text } from "./support/samples.js";
import { compressZstd, decodeWithReference } from "./support/zstd-references.js";

const kernels = new GuardedKernels();
const zstd = nativeTool("zstd");

const CASES = [
  { name: "text", bytes: text(3000) },
  { name: "memory", bytes: memoryLike(40_000, 5) },
  { name: "zeros", bytes: new Uint8Array(300_000) },
  { name: "few", bytes: text(40) },
].flatMap(({ name, bytes }) => [3, 19].map((level) => ({ name: `${name} ${level}`, bytes, frame: compressZstd(bytes, level) })));

describe("truncated Zstandard frames", () => {
  it.each(CASES)("the Zstandard decoder refuses a frame of $name truncated at any byte", ({ bytes, frame }) => {
    for (let length = 0; length < frame.length; length++) {
      const truncated = frame.subarray(0, length);
      expect(kernels.zstd(truncated, bytes.length, true, "end").status).not.toBe(0);
      expectFailure(decodeZstdUpTo(truncated, bytes.length), "truncated");
      const result = decodeZstd(truncated, bytes.length);
      // The rest of a frame of zeros is too short for the stated size to be plausible.
      expect(result.ok || result.reason).toBe(32_768 * length + 131_072 < bytes.length ? "implausible-size" : "truncated");
    }
  });
});

describe("Zstandard frames with a flipped bit", () => {
  it.each(CASES)(
    "the Zstandard decoder refuses a frame of $name with any bit flipped, or decodes it as the reference does",
    ({ bytes, frame }) => {
      for (let bit = 0; bit < Math.min(frame.length, 2500) * 8; bit++) {
        const damaged = flipBit(frame, bit);
        const outcome = kernels.zstd(damaged, bytes.length, true, bit % 2 === 0 ? "begin" : "end");
        if (outcome.status !== 0) continue;
        const other = decodeWithReference(damaged, bytes.length);
        expect(other === null ? -1 : Buffer.compare(outcome.bytes, other)).toBe(0);
      }
    },
  );

  it.skipIf(zstd.isMissing)(`never decodes a frame with a checksum and a flipped bit as other content (${zstd.title})`, () => {
    const bytes = text(700);
    const frame = zstd.run(bytes, "-19", "--check");
    expectBytes(decodeZstd(frame, bytes.length), bytes);
    let checksumFailures = 0;
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const result = decodeZstd(flipBit(frame, bit), bytes.length);
      if (result.ok) expectBytes(result, bytes);
      else if (result.reason === "checksum") checksumFailures++;
    }
    expect(checksumFailures).toBeGreaterThan(100);
    for (let bit = (frame.length - 4) * 8; bit < frame.length * 8; bit++) {
      expectFailure(decodeZstd(flipBit(frame, bit), bytes.length), "checksum", frame.length - 4);
    }
  });
});

describe("wrong sizes of Zstandard data", () => {
  it.each(CASES)(
    "the Zstandard decoder refuses a frame of $name for any wrong size, and writes no byte too many",
    ({ bytes, frame }) => {
      for (const wrong of [0, 1, bytes.length >> 1, bytes.length - 1]) {
        expect(kernels.zstd(frame, wrong, true, "end").status).not.toBe(0);
        expectFailure(decodeZstdUpTo(frame, wrong), "exceeds");
      }
      expectFailure(decodeZstd(frame, bytes.length + 1), "size-mismatch");
      const longer = kernels.zstd(frame, bytes.length + 1, true, "end");
      expect(DECODE_FAILURES[longer.status - 1]).toBe("size-mismatch");
    },
  );

  it("never writes past an output that is too small, whatever its size", () => {
    const mixed = concat(text(300), memoryLike(9000, 2).subarray(4096, 4700), new Uint8Array(60), text(100, 2));
    const frame = Uint8Array.from(compressZstd(mixed, 3));
    for (let size = 0; size < mixed.length; size++) {
      expect(kernels.zstd(withoutContentSize(frame), size, true, "end").status).not.toBe(0);
    }
    expectBytes(decodeZstd(withoutContentSize(frame), mixed.length), mixed);
  });

  it("the Zstandard decoder refuses a frame with a wrong content size in its header", () => {
    const header = (size: string) => hex(`28b52ffd a0 ${size} 090000 41`);
    expectBytes(decodeZstdUpTo(header("01000000"), 10), hex("41"));
    expectFailure(decodeZstdUpTo(header("02000000"), 10), "size-mismatch");
    expectFailure(decodeZstdUpTo(header("00000000"), 10), "malformed");
    expectFailure(decodeZstdUpTo(hex("28b52ffd e0 ffffffffffffffff 090000 41"), 10), "window");
  });
});

describe("Zstandard frames that expand", () => {
  const largestRun = hex("020010 41"); // 128 KiB of one byte
  const bomb = (runs: number) =>
    concat(hex("28b52ffd 00 58"), ...Array.from({ length: runs }, () => largestRun), hex("030010 41"));

  it("the Zstandard decoder stops at the size asked for", () => {
    const frame = bomb(1000);
    expectFailure(decodeZstd(frame, 1_000_000), "exceeds");
    expectFailure(decodeZstdUpTo(frame, 1_000_000), "exceeds");
    expect(kernels.zstd(frame, 500_000, true, "end")).toMatchObject({ status: 3 });
  });

  it("the Zstandard decoder decodes a frame that expands within the size asked for", () => {
    expectBytes(decodeZstdUpTo(bomb(99), 2 ** 30), new Uint8Array(100 * 131_072).fill(0x41));
  });

  it("the Zstandard decoder allocates no memory for a size that is only stated", () => {
    const core = new Core();
    const frame = concat(hex("28b52ffd 00 58"), text(200_000));
    expect(decodeZstd(frame, 2 ** 31, { core }).ok).toBe(false);
    expect(decodeZstdUpTo(frame, 2 ** 31, { core }).ok).toBe(false);
    expectFailure(decodeZstd(bomb(10), 1_500_000, { core }), "size-mismatch");
    expectFailure(decodeZstdUpTo(hex("28b52ffd a0 00000008 090000 41"), 2 ** 31, { core }), "size-mismatch", 0); // 128 MiB
    expect(core.memory.bytes.length).toBeLessThan(2 ** 20);
  });

  it("the Zstandard decoder rejects a repeated block that is longer than blocks may be", () => {
    expectFailure(decodeZstdUpTo(hex("28b52ffd 00 58 0b0010 41"), 2 ** 20), "malformed", 6); // 131,073 bytes
    expectFailure(decodeZstdUpTo(hex("28b52ffd 00 00 0b2000 41"), 2 ** 20), "malformed", 6); // 1,025 of a 1 KiB window
    expectBytes(decodeZstdUpTo(hex("28b52ffd 00 00 032000 41"), 2 ** 20), new Uint8Array(1024).fill(0x41));
  });
});

describe("zstdMeasure", () => {
  it.each(CASES)(
    "zstdMeasure bounds the bytes that a frame of $name can yield, also with any bit flipped",
    ({ bytes, frame }) => {
      const { status, most } = kernels.zstdMeasure(frame, false, "end");
      expect(status).toBe(0);
      expect(most).toBe(bytes.length);
      for (let bit = 0; bit < Math.min(frame.length, 300) * 8; bit++) {
        const damaged = flipBit(frame, bit);
        const measured = kernels.zstdMeasure(damaged, true, bit % 2 === 0 ? "begin" : "end");
        const decoded = kernels.zstd(damaged, bytes.length, true, "end");
        if (decoded.status === 0) expect(measured).toMatchObject({ status: 0 });
        if (decoded.status === 0) expect(measured.most).toBeGreaterThanOrEqual(decoded.bytes.length);
      }
    },
  );
});

/** A single-segment frame with a 2-byte content size, changed to one with a window descriptor (1 MiB) and no content size. */
function withoutContentSize(frame: Uint8Array): Uint8Array {
  expect(frame[4]).toBe(0x60);
  return concat(frame.subarray(0, 4), hex("00 50"), frame.subarray(7));
}
