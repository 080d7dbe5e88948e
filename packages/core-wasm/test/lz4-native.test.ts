import { describe, expect, it } from "vitest";
import { decodeLz4Frame, decodeLz4FrameUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, flipBit, memoryLike, Random, text } from "./support/samples.js";

const lz4 = nativeTool("lz4");
const INPUT = concat(memoryLike(600_000, 2), text(300_000), new Random(4).bytes(150_000), new Uint8Array(300_000));

const levels = Array.from({ length: 12 }, (_, i) => [`-${i + 1}`]);
const blocks = ["-B4", "-B5", "-B6", "-B7"].flatMap((size) => [[size], [size, "-BD"], [size, "-BX"], [size, "-BD", "-BX", "-9"]]);
const others = [["--content-size"], ["--no-frame-crc"], ["-BX", "--no-frame-crc"], ["--fast=5"], ["--favor-decSpeed", "-12"]];

describe.skipIf(lz4.isMissing)(`frames of ${lz4.title}`, () => {
  it.each([...levels, ...blocks, ...others].map((options) => ({ options })))(
    "decodes a frame written with $options",
    ({ options }) => {
      const frame = lz4.run(INPUT, ...options);
      expectBytes(decodeLz4Frame(frame, INPUT.length), INPUT);
      expectBytes(decodeLz4FrameUpTo(frame, INPUT.length), INPUT);
      expect(decodeLz4Frame(frame, INPUT.length - 1).ok).toBe(false);
    },
  );

  it("the LZ4 decoder decodes content of every length modulo the stripe of the checksum", () => {
    for (let length = 0; length <= 50; length++) {
      const bytes = new Random(length + 1).bytes(length);
      expectBytes(decodeLz4Frame(lz4.run(bytes, "-BX"), length), bytes);
    }
  });

  it("the LZ4 decoder returns the place of a checksum that differs", () => {
    const frame = lz4.run(text(500));
    expectFailure(decodeLz4Frame(flipBit(frame, frame.length * 8 - 1), 500), "checksum", frame.length - 4);
  });
});
