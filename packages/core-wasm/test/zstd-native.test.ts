import { describe, expect, it } from "vitest";
import { decodeZstd, decodeZstdUpTo } from "../src/index.js";
import { expectBytes } from "./support/expect-bytes.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, memoryLike, Random, text } from "./support/samples.js";

const zstd = nativeTool("zstd");
const INPUT = concat(memoryLike(600_000, 2), text(300_000), new Random(4).bytes(150_000), new Uint8Array(300_000));

const levels = Array.from({ length: 19 }, (_, i) => [`-${i + 1}`]);
const fast = Array.from({ length: 10 }, (_, i) => [`--fast=${i + 1}`]);
const others = [
  ["--ultra", "-22"],
  ["--no-check"],
  ["-3", "--long=27"],
  ["-19", "--long=24", "--check"],
  ["-1", "--no-compress-literals"],
  ["-1", "--compress-literals"],
  ["-3", "--zstd=wlog=10"],
  ["-5", "--zstd=strategy=6,wlog=12,mml=3"],
  ["-2", "-B65536", "-T2"],
];

describe.skipIf(zstd.isMissing)(`frames of ${zstd.title}`, () => {
  it.each([...levels, ...fast, ...others].map((options) => ({ options })))(
    "decodes a frame written with $options",
    ({ options }) => {
      // The size of standard input is not known, so that the frame states none unless an option gives it.
      const unsized = zstd.run(INPUT, ...options);
      const sized = zstd.run(INPUT, ...options, `--stream-size=${INPUT.length}`);
      for (const frame of [unsized, sized]) {
        expectBytes(decodeZstd(frame, INPUT.length), INPUT);
        expectBytes(decodeZstdUpTo(frame, INPUT.length), INPUT);
      }
      expect(decodeZstd(unsized, INPUT.length - 1).ok).toBe(false);
    },
  );

  it("the Zstandard decoder decodes frames of no bytes and of a few bytes", () => {
    for (const length of [0, 1, 2, 5]) {
      const bytes = text(length);
      for (const check of ["--check", "--no-check"]) expectBytes(decodeZstd(zstd.run(bytes, check), length), bytes);
    }
  });

  it("the Zstandard decoder decodes content of every length modulo the stripe of the checksum", () => {
    for (let length = 24; length <= 100; length += 1) {
      const bytes = new Random(length).bytes(length);
      expectBytes(decodeZstd(zstd.run(bytes, "--check"), length), bytes);
    }
  });
});
