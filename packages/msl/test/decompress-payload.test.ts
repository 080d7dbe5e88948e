import { describe, expect, it } from "vitest";
import { decodingOf } from "../src/codec/decoding.js";
import { decompressWork, openPayload } from "../src/codec/decompress-payload.js";
import type { Deviation } from "../src/deviations/deviation.js";
import { runAtOnce } from "../src/sliced-work.js";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function decompress(compression: "zstd" | "lz4" | "reserved", bytes: Uint8Array, options: Parameters<typeof decodingOf>[0] = {}) {
  const deviations: Deviation[] = [];
  const work = decompressWork(bytes, compression, decodingOf(options), (deviation) => deviations.push(deviation));
  const result = runAtOnce(work);
  return { ...result, ids: deviations.map(({ id }) => id) };
}

/** Published vectors: 64 bytes of 0x41 in every shape. */
const CONTENT = new Uint8Array(64).fill(0x41);
const SIZE = "4000000000000000";
const ZSTD = "28b52ffd20404500001041410100930016";
const BLOCK = "1f4101002750414141 4141";
const FRAME = "04224d18684040000000000000005c0b0000001f41010027504141414141 00000000";

describe("a compressed payload", () => {
  it.each([
    ["size and zstd frame", "zstd", `${SIZE} ${ZSTD}`, []],
    ["zstd frame", "zstd", ZSTD, ["CMP-NOPREFIX"]],
    ["size, size again and LZ4 block", "lz4", `${SIZE} 40000000 ${BLOCK}`, ["CMP-LZ4SHAPE"]],
    [
      "size, size again, LZ4 block and padding of memslicer",
      "lz4",
      `${SIZE} 40000000 ${BLOCK} 00`,
      ["CMP-LZ4SHAPE", "CMP-TRAILING"],
    ],
    ["size and LZ4 block", "lz4", `${SIZE} ${BLOCK}`, ["CMP-LZ4SHAPE"]],
    ["size and LZ4 frame", "lz4", `${SIZE} ${FRAME}`, ["CMP-LZ4SHAPE"]],
    ["LZ4 frame", "lz4", FRAME, ["CMP-NOPREFIX", "CMP-LZ4SHAPE"]],
  ] as const)("a payload is decompressed from %s, and its deviations are reported", (_, compression, bytes, ids) => {
    expect(decompress(compression, hex(bytes))).toEqual({ bytes: CONTENT, ids });
  });

  it.each([1, 7])("a payload with %i zero bytes behind the data is decompressed, and the zeros are reported", (zeros) => {
    const { bytes, ids } = decompress("zstd", hex(`${SIZE} ${ZSTD} ${"00".repeat(zeros)}`));
    expect(bytes).toEqual(CONTENT);
    expect(ids).toEqual(["CMP-TRAILING"]);
  });

  it.each([8, 100])("a payload with %i zero bytes behind the data is a problem", (zeros) => {
    expect(decompress("zstd", hex(`${SIZE} ${ZSTD} ${"00".repeat(zeros)}`)).problem?.id).toBe("CMP-SIZE");
  });
});

describe("the size that a payload states", () => {
  it.each([63, 65])("a stated size of %i for 64 bytes is a problem", (size) => {
    const stated = `${size.toString(16)}00000000000000`;
    for (const [compression, data] of [
      ["zstd", ZSTD],
      ["lz4", BLOCK],
      ["lz4", FRAME],
    ] as const) {
      expect(decompress(compression, hex(`${stated} ${data}`)).problem?.id).toBe("CMP-SIZE");
    }
  });

  it("a stated size above payloadLimit is a problem before the data is decoded", () => {
    const codecs = {
      zstd: () => {
        throw new Error("must not be called");
      },
    };
    const { problem } = decompress("zstd", hex(`${SIZE} ${ZSTD}`), { codecs, payloadLimit: 63 });
    expect(problem).toMatchObject({
      id: "CMP-LIMIT",
      message: "UncompressedSize is 64, above the limit of 63 (payloadLimit)",
    });
  });

  /** 2 GiB, stated for 100 stored bytes, and 2^64 - 1. */
  const IMPOSSIBLE = ["0000008000000000", "ffffffffffffffff"];

  it.each([
    ["a zstd frame", "zstd", ZSTD, "", /zstd frame of 92 bytes at payload offset 8: \d+:1, and zstd expands 32768:1 at most/],
    ["an LZ4 block", "lz4", BLOCK, "", /raw LZ4 block of 92 bytes at payload offset 8: \d+:1, and lz4 expands 255:1 at most/],
    ["an LZ4 block behind its size", "lz4", BLOCK, "again", /raw LZ4 block behind its u32 size of 88 bytes .*255:1/],
    ["an LZ4 frame", "lz4", FRAME, "", /LZ4 frame of 92 bytes at payload offset 8: .*255:1/],
  ] as const)(
    "a stated size that %s cannot expand to is a problem that names the ratio, whatever the limits are",
    async (_, compression, data, again, words) => {
      const refused = () => {
        throw new Error("must not be called");
      };
      const codecs = { zstd: refused, lz4Frame: refused, lz4Block: refused };
      for (const claim of again ? IMPOSSIBLE.slice(0, 1) : IMPOSSIBLE) {
        const stored = new Uint8Array(100);
        stored.set(hex(`${claim} ${again && claim.slice(0, 8)} ${data}`));
        const expected = { id: "CMP-SIZE", at: 0, message: expect.stringMatching(words) };
        for (const options of [{}, { codecs }, { payloadLimit: 10 }, { payloadLimit: 2 ** 53 - 1, wholeLimit: 2 ** 53 - 1 }]) {
          expect(decompress(compression, stored, options).problem).toMatchObject(expected);
          const opened = await openPayload(stored, compression, decodingOf(options), () => {});
          expect(opened.problem).toMatchObject(expected);
        }
      }
    },
  );

  it.each([
    ["zstd", 32_768 * 17 + 131_072, ZSTD],
    ["lz4", 255 * 11 + 64, BLOCK],
  ] as const)(
    "a stated size for %s data of %i bytes passes the ratio check, and one byte more does not",
    (compression, most, data) => {
      const claiming = (size: number) => {
        const stored = hex(`${SIZE} ${data}`);
        new DataView(stored.buffer).setBigUint64(0, BigInt(size), true);
        return decompress(compression, stored).problem?.message;
      };
      expect(claiming(most)).not.toMatch(/at most/);
      expect(claiming(most + 1)).toMatch(/expands \d+:1 at most/);
    },
  );

  it("a frame without a stated size is a problem if it decompresses to more than payloadLimit", () => {
    expect(decompress("zstd", hex(ZSTD), { payloadLimit: 63 }).problem?.id).toBe("CMP-LIMIT");
    expect(decompress("lz4", hex(FRAME), { payloadLimit: 63 }).problem?.id).toBe("CMP-LIMIT");
    expect(decompress("zstd", hex(ZSTD), { payloadLimit: 64 }).bytes).toEqual(CONTENT);
  });

  it("stored bytes of no known shape are a problem", () => {
    for (const bytes of ["", "00", "0011223344556677", "00112233445566778899aabbccdd"]) {
      expect(decompress("zstd", hex(bytes)).problem?.id).toBe("CMP-SIZE");
      expect(decompress("lz4", hex(bytes)).bytes).toBeUndefined();
    }
    expect(decompress("reserved", hex(`${SIZE} ${ZSTD}`)).problem?.id).toBe("BLK-COMPALGO");
  });

  it("compressed data that is cut off at any byte is a problem", () => {
    for (const [compression, data] of [
      ["zstd", `${SIZE} ${ZSTD}`],
      ["lz4", `${SIZE} 40000000 ${BLOCK}`],
      ["lz4", `${SIZE} ${FRAME}`],
    ] as const) {
      const whole = hex(data);
      for (let size = 0; size < whole.length; size++)
        expect(decompress(compression, whole.subarray(0, size)).bytes, `${compression} ${size}`).toBeUndefined();
    }
  });
});

describe("a decoder of the caller", () => {
  it("a decoder of the caller replaces the built-in decoder", () => {
    const asked: unknown[] = [];
    const codecs = {
      zstd: (source: Uint8Array, size: { bytes: number; exact: boolean }) => {
        asked.push([source.length, size]);
        return { ok: true as const, bytes: CONTENT, trailingZeros: 0 };
      },
    };
    expect(decompress("zstd", hex(`${SIZE} ${ZSTD}`), { codecs }).bytes).toBe(CONTENT);
    expect(asked).toEqual([[17, { bytes: 64, exact: true }]]);
  });
});
