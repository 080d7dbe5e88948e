import { describe, expect, it } from "vitest";
import { decodeZstd, decodeZstdUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { concat, hex, memoryLike, samples, text } from "./support/samples.js";
import { compressZstd, decodeWithBokuweb, decodeWithFzstd, decodeWithReference } from "./support/zstd-references.js";

/** Published vectors: 64 bytes of 0x41. */
const VECTOR = hex("28b52ffd20404500001041410100930016");
const VECTOR_BYTES = new Uint8Array(64).fill(0x41);
const SKIPPABLE = hex("5a2a4d1803000000aabbcc");

describe("the published Zstandard vector", () => {
  it("the Zstandard decoder decodes the published vector with and without a known size", () => {
    const decoded = { ok: true, bytes: VECTOR_BYTES, consumed: 17, trailingZeros: 0 };
    expect(decodeZstd(VECTOR, 64)).toEqual(decoded);
    expect(decodeZstdUpTo(VECTOR, 64)).toEqual(decoded);
    expect(decodeZstdUpTo(VECTOR, 2 ** 40)).toEqual(decoded);
  });

  it.each([0, 1, 4, 7])("the Zstandard decoder decodes the published vector with %i zero bytes of padding", (padding) => {
    const padded = concat(VECTOR, new Uint8Array(padding));
    const decoded = { ok: true, bytes: VECTOR_BYTES, consumed: 17, trailingZeros: padding };
    expect(decodeZstd(padded, 64)).toEqual(decoded);
    expect(decodeZstdUpTo(padded, 64)).toEqual(decoded);
  });

  it("the Zstandard decoder refuses any other trailing data, and returns its place", () => {
    expectFailure(decodeZstd(concat(VECTOR, new Uint8Array(8)), 64), "trailing-data", 17);
    expectFailure(decodeZstd(concat(VECTOR, hex("000001")), 64), "trailing-data", 19);
    expectFailure(decodeZstdUpTo(concat(VECTOR, hex("000001")), 64), "trailing-data", 19);
  });
});

describe("frames of the reference encoder", () => {
  for (const { name, bytes } of samples()) {
    it.each([-5, 1, 3, 19])(`the Zstandard decoder decodes the sample "${name}" at level %i`, (level) => {
      const frame = compressZstd(bytes, level);
      expectBytes(decodeZstd(frame, bytes.length), bytes);
      expectBytes(decodeZstdUpTo(frame, bytes.length + 1000), bytes);
    });
  }

  it("the Zstandard decoder decodes all lengths up to 200", () => {
    for (let length = 0; length <= 200; length++) {
      for (const bytes of [text(length, length), memoryLike(length, length), new Uint8Array(length)]) {
        expectBytes(decodeZstd(compressZstd(bytes, 3), length), bytes);
      }
    }
  });

  it("the Zstandard decoder yields the bytes that three other decoders yield", () => {
    for (const bytes of [text(300_000), memoryLike(500_000)]) {
      const frame = compressZstd(bytes, 7);
      const result = decodeZstd(frame, bytes.length);
      for (const other of [decodeWithReference(frame, bytes.length), decodeWithBokuweb(frame), decodeWithFzstd(frame)]) {
        expectBytes(result, other ?? new Uint8Array());
      }
    }
  });
});

describe("several Zstandard frames", () => {
  const first = text(1000);
  const second = memoryLike(5000);
  const frames = concat(compressZstd(first, 3), compressZstd(second, 3));

  it("the Zstandard decoder decodes several frames together when their sizes add up to the expected size", () => {
    expectBytes(decodeZstd(frames, 6000), concat(first, second));
    expectBytes(decodeZstd(concat(frames, new Uint8Array(3)), 6000), concat(first, second));
  });

  it("the Zstandard decoder refuses several frames when their sizes do not add up or no size is expected", () => {
    expectFailure(decodeZstd(frames, 5999), "exceeds");
    expectFailure(decodeZstd(frames, 6001), "size-mismatch");
    expectFailure(decodeZstd(frames, 1000), "exceeds");
    expectFailure(decodeZstdUpTo(frames, 6000), "trailing-data");
  });

  it("the Zstandard decoder accepts skippable frames where a size is expected", () => {
    expectBytes(decodeZstd(concat(SKIPPABLE, VECTOR, SKIPPABLE), 64), VECTOR_BYTES);
    expectFailure(decodeZstd(SKIPPABLE, 0), "unsupported");
    expectFailure(decodeZstd(concat(VECTOR, SKIPPABLE.subarray(0, 10)), 64), "truncated", 27);
    expectFailure(decodeZstdUpTo(concat(VECTOR, SKIPPABLE), 64), "trailing-data", 17);
    expectFailure(decodeZstdUpTo(concat(SKIPPABLE, VECTOR), 64), "unsupported", 0);
  });
});

describe("headers of Zstandard frames", () => {
  it("the Zstandard decoder refuses a frame with a dictionary, unless the dictionary id is 0", () => {
    const lastBlock = hex("0900004141");
    const withId = (id: string) => concat(hex(`28b52ffd 01 58 ${id}`), lastBlock.subarray(0, 4));
    expectFailure(decodeZstd(withId("07"), 1), "dictionary", 6);
    expectBytes(decodeZstd(withId("00"), 1), hex("41"));
  });

  it("the Zstandard decoder refuses a frame with a window above the limit", () => {
    const frame = (window: string) => hex(`28b52ffd 00 ${window} 090000 41`);
    expectBytes(decodeZstd(frame("88"), 1), hex("41")); // 128 MiB
    expectFailure(decodeZstd(frame("89"), 1), "window", 5);
    expectBytes(decodeZstd(frame("89"), 1, { windowLimit: 2 ** 28 }), hex("41"));
    expectFailure(decodeZstd(frame("01"), 1, { windowLimit: 1024 }), "window", 5);
    expectFailure(decodeZstd(frame("ff"), 1, { windowLimit: 2 ** 45 }), "window", 5); // 3.75 TiB: beyond any address
  });

  it("the Zstandard decoder refuses a header with the reserved bit or another magic, or cut off", () => {
    expectFailure(decodeZstd(hex("28b52ffd 08 58 090000 41"), 1), "unsupported", 4);
    expectFailure(decodeZstd(hex("28b52ffe 00 58 090000 41"), 1), "unsupported", 0);
    expectFailure(decodeZstd(hex("28b52ffd"), 1), "truncated", 4);
    expectFailure(decodeZstd(new Uint8Array(), 0), "truncated", 0);
  });
});

describe("expected sizes of Zstandard data", () => {
  it("the Zstandard decoder refuses data for a size that it does not have", () => {
    expectFailure(decodeZstd(VECTOR, 63), "exceeds");
    expectFailure(decodeZstd(VECTOR, 65), "size-mismatch");
    expectFailure(decodeZstdUpTo(VECTOR, 63), "exceeds");
    expectFailure(decodeZstd(VECTOR, 2 ** 63), "implausible-size");
  });

  it("the Zstandard decoder throws a RangeError for numbers that are not sizes", () => {
    for (const size of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => decodeZstd(VECTOR, size)).toThrow(RangeError);
      expect(() => decodeZstdUpTo(VECTOR, size)).toThrow(RangeError);
    }
    expect(() => decodeZstd(VECTOR, 64, { windowLimit: -1 })).toThrow(RangeError);
  });
});
