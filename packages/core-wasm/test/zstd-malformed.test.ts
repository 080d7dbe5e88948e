/** Zstandard frames written by hand: each has one fault that RFC 8878 forbids, and stands beside a frame that the RFC allows. */
import { describe, expect, it } from "vitest";
import { decodeZstd, decodeZstdUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { GuardedKernels } from "./support/guarded-kernels.js";
import { concat, hex, Random, text } from "./support/samples.js";
import {
  compressedBlock,
  frame,
  littleEndian,
  repeatedLiterals,
  type Sequence,
  sequences,
  storedBlock,
  storedLiterals,
} from "./support/zstd-builder.js";
import { decodeWithReference } from "./support/zstd-references.js";

const WINDOW = 0x58;
const LITERALS = storedLiterals(text(40));
/** Literals length 3 (code 3), offset 4 (code 2 is a value of 4 to 7, less 3), match length 5 (code 2). */
const CODES = [3, 2, 2] as const;
const PLAIN: Sequence = { offset: [3, 2], match: [0, 0], literals: [0, 0] };
const HISTORY = storedBlock(hex("61626364"));

function refused(data: Uint8Array): void {
  expectFailure(decodeZstdUpTo(data, 1 << 20), "malformed");
  expect(decodeWithReference(data, 1 << 20)).toBeNull();
  for (const place of ["begin", "end"] as const) expect(kernels.zstd(data, 1 << 20, true, place).status).not.toBe(0);
}

function decodedAs(data: Uint8Array, bytes: Uint8Array): void {
  expectBytes(decodeZstd(data, bytes.length), bytes);
  expectBytes(decodeZstd(data, bytes.length), decodeWithReference(data, bytes.length) ?? new Uint8Array());
}

const kernels = new GuardedKernels();

describe("sequences of a Zstandard block", () => {
  const block = (...parts: Uint8Array[]) => frame(WINDOW, HISTORY, compressedBlock(...parts));

  it("the Zstandard decoder decodes sequences with tables of single codes", () => {
    const bytes = text(40);
    const expected = concat(hex("61626364"), bytes.subarray(0, 3));
    const match = Array.from({ length: 5 }, (_, i) => expected[3 + (i % 4)] ?? 0);
    decodedAs(block(LITERALS, sequences(CODES, [PLAIN])), concat(expected, Uint8Array.from(match), bytes.subarray(3)));
  });

  it.each([
    ["literals length", [36, 2, 2]],
    ["offset", [3, 32, 2]],
    ["match length", [3, 2, 53]],
  ] as const)("the Zstandard decoder rejects a %s code that does not exist", (_, codes) => {
    refused(block(LITERALS, sequences(codes, [PLAIN])));
  });

  it("the Zstandard decoder rejects reserved bits in the modes", () => {
    refused(block(LITERALS, sequences(CODES, [PLAIN], 0x55)));
  });

  it("the Zstandard decoder rejects the repetition of a table where there is none", () => {
    const noCodes = concat(Uint8Array.of(1, 0xfc), hex("07"));
    refused(block(LITERALS, noCodes));
    refused(block(LITERALS, concat(Uint8Array.of(1, 0x74, 3, 2), hex("07"))));
  });

  it("the Zstandard decoder rejects the repetition of a table of an earlier frame", () => {
    const first = frame(WINDOW, HISTORY, compressedBlock(LITERALS, sequences(CODES, [PLAIN])));
    const repeating = compressedBlock(LITERALS, concat(Uint8Array.of(1, 0xfc), hex("07")));
    const both = concat(first, frame(WINDOW, HISTORY, repeating));
    const sameFrame = frame(WINDOW, HISTORY, compressedBlock(LITERALS, sequences(CODES, [PLAIN])), repeating);
    expectFailure(decodeZstd(both, 49 + 49), "malformed");
    expect(decodeZstdUpTo(sameFrame, 1000)).toMatchObject({ ok: true });
    expect(decodeWithReference(sameFrame, 49 + 45)).not.toBeNull();
  });

  it("the Zstandard decoder rejects a bitstream with bits left over, or with too few", () => {
    refused(block(LITERALS, sequences(CODES, [{ ...PLAIN, literals: [0, 1] }])));
    refused(block(LITERALS, sequences(CODES, [{ ...PLAIN, offset: [1, 1] }])));
    refused(block(LITERALS, sequences(CODES, [])));
    refused(block(LITERALS, concat(Uint8Array.of(1, 0x54, ...CODES), hex("00"))));
    // The missing bits would make the match longer than the output, which must not be taken for the fault.
    expectFailure(decodeZstd(block(LITERALS, sequences([3, 2, 52], [PLAIN])), 100), "malformed");
  });

  it("the Zstandard decoder rejects sequences that use more literals than there are", () => {
    refused(block(storedLiterals(hex("6162")), sequences(CODES, [PLAIN])));
    // Reading that many literals would pass the end of memory.
    const many: Sequence = { ...PLAIN, literals: [0, 16] };
    refused(
      block(
        LITERALS,
        sequences(
          [35, 2, 2],
          Array.from({ length: 100 }, () => many),
        ),
      ),
    );
  });

  it("the Zstandard decoder rejects an offset of 0", () => {
    // Without literals, the value 3 stands for the last offset less one, and the last offset of a new frame is 1.
    refused(block(LITERALS, sequences([0, 1, 2], [{ offset: [1, 1], match: [0, 0], literals: [0, 0] }])));
  });

  it("the Zstandard decoder rejects a match from before the frame", () => {
    const reaching = (offset: number) => block(LITERALS, sequences(CODES, [{ ...PLAIN, offset: [offset + 3 - 4, 2] }]));
    expect(decodeZstdUpTo(reaching(4), 1000).ok).toBe(true);
    const first = sequences([0, 2, 2], [{ offset: [2, 2], match: [0, 0], literals: [0, 0] }]);
    expect(decodeZstdUpTo(frame(WINDOW, storedBlock(hex("616263")), compressedBlock(LITERALS, first)), 1000).ok).toBe(true);
    refused(frame(WINDOW, storedBlock(hex("6162")), compressedBlock(LITERALS, first)));
    // Matches must not refer to an earlier frame, though its output lies directly before.
    const next = frame(WINDOW, storedBlock(hex("6162")), compressedBlock(LITERALS, first));
    expectFailure(decodeZstd(concat(frame(WINDOW, storedBlock(text(100))), next), 147), "malformed");
  });

  it("the Zstandard decoder rejects a match from before the window", () => {
    const history = new Random(1).bytes(1000);
    const reaching = (offset: number, window: number) => {
      const match = sequences([0, 10, 2], [{ offset: [offset + 3 - 1024, 10], match: [0, 0], literals: [0, 0] }]);
      return frame(window, storedBlock(history), storedBlock(history), compressedBlock(repeatedLiterals(7, 1), match));
    };
    expectBytes(
      decodeZstd(reaching(1024, 0x00), 2006),
      concat(history, history, concat(history, history).subarray(976, 981), hex("07")),
    );
    expectFailure(decodeZstd(reaching(1025, 0x00), 2006), "malformed");
    expectBytes(decodeZstd(reaching(1025, 0x01), 2006), decodeWithReference(reaching(1025, 0x01), 2006) ?? hex(""));
  });

  it("the Zstandard decoder rejects bytes behind a number of sequences of 0", () => {
    decodedAs(block(LITERALS, hex("00")), concat(hex("61626364"), text(40)));
    refused(block(LITERALS, hex("0000")));
    refused(block(LITERALS));
  });

  it("the Zstandard decoder rejects sequences that yield more bytes than blocks may have", () => {
    // Match length code 52 with all bits: 131,074 bytes.
    const long: Sequence = { offset: [3, 2], match: [65_535, 16], literals: [0, 0] };
    refused(block(LITERALS, sequences([3, 2, 52], [long])));
    expect(kernels.zstd(block(LITERALS, sequences([3, 2, 52], [long])), 100_000, true, "end").status).toBe(3);
  });
});

describe("literals of a Zstandard block", () => {
  const block = (...content: Uint8Array[]) => frame(WINDOW, compressedBlock(...content));
  const none = hex("00");

  it("the Zstandard decoder rejects literals coded with an earlier table where there is none", () => {
    refused(block(hex("83 40 00 17"), none));
  });

  it("the Zstandard decoder rejects literals coded with the table of an earlier frame", () => {
    const coded = hex("12 c0 00 80 10 02");
    const treeless = hex("13 40 00 02");
    expectBytes(decodeZstd(block(coded, none), 1), hex("00"));
    const inFrame = frame(WINDOW, compressedBlock(coded, none), compressedBlock(treeless, none));
    decodedAs(inFrame, hex("0000"));
    expect(decodeZstd(concat(block(coded, none), block(treeless, none)), 2).ok).toBe(false);
  });

  it("the Zstandard decoder rejects more literals than blocks may have bytes", () => {
    const repeated = hex("0d 00 20 41"); // 131,072
    expect(decodeZstdUpTo(block(repeated, none), 1 << 20)).toMatchObject({ ok: true });
    refused(block(hex("1d 00 20 41"), none));
    const guarded = kernels.zstd(block(hex("fd ff ff 41"), none), 1_000_000, true, "begin");
    expect(guarded.status).toBe(2);
    refused(frame(0x00, compressedBlock(hex("1d 40 00 41"), none))); // 1,025 with a window of 1 KiB
  });

  it("the Zstandard decoder rejects literals that are cut off", () => {
    refused(block(hex("28 61 62")));
    refused(block(hex("04")));
    refused(block(hex("fd ff")));
    refused(frame(WINDOW, compressedBlock()));
  });
});

describe("Huffman tables of a Zstandard block", () => {
  const block = (table: string, stream: string, sizes = "12 00") =>
    frame(WINDOW, compressedBlock(codedLiterals(sizes, table, stream), hex("00")));

  it("the Zstandard decoder decodes a table of two literals", () => {
    decodedAs(block("80 10", "02"), hex("00"));
    decodedAs(block("80 10", "03"), hex("01"));
  });

  it.each([
    ["no weight", "80 00"],
    ["a sum that no one weight completes", "84 11 11 10"],
    ["no longest code", "80 20"],
    ["codes of 12 bits", "8b 12 34 56 78 9a bc"],
    ["a weight of 13", "81 d1"],
    ["fewer weights than they say", "ff"],
    ["no distribution of their weights", "00"],
    ["a distribution past their end", "01 ff"],
  ])("the Zstandard decoder rejects a table with %s", (_, table) => {
    refused(block(table, "02"));
  });

  it("the Zstandard decoder rejects a table that is cut off by the end of the source", () => {
    for (const table of ["81", "8b", "7f", "02 ff"]) refused(frame(WINDOW, compressedBlock(codedLiterals("12 00", table, ""))));
  });

  it("the Zstandard decoder rejects a stream with bits left over, with too few, or without an end mark", () => {
    refused(block("80 10", "04"));
    refused(block("80 10", "01"));
    refused(block("80 10", "00"));
    refused(block("80 10", ""));
  });

  it("the Zstandard decoder rejects a table for no literals, and four streams of fewer than 6 literals", () => {
    refused(block("80 10", "01", "02 00"));
    refused(block("80 10", "0100 0100 0100 03 03 03 01", "36 00"));
    // Six literals in four streams: 2, 2, 2 and none, which is a stream of the end mark alone.
    decodedAs(block("80 10", "0100 0100 0100 07 06 05 01", "66 00"), hex("010101000001"));
  });
});

describe("four streams of one-bit codes", () => {
  it.each([
    ["decodes as many literals as blocks may have bytes", 131_072],
    ["the Zstandard decoder rejects more literals than blocks may have bytes", 200_000],
  ])("%s", (_, length) => {
    const stream = concat(new Uint8Array(length / 32), hex("01"));
    const jumps = littleEndian(stream.length * 0x1_0001, 4);
    const content = concat(hex("80 10"), jumps, littleEndian(stream.length, 2), stream, stream, stream, stream);
    const header = littleEndian(Number((BigInt(content.length) << 22n) | (BigInt(length) << 4n) | 14n), 5);
    const data = frame(WINDOW, compressedBlock(header, content, hex("00")));
    const outcome = kernels.zstd(data, length, true, "end");
    if (length > 131_072) {
      refused(data);
      expect(outcome.status).toBe(2);
    } else {
      decodedAs(data, new Uint8Array(length));
    }
  });
});

describe("blocks of a Zstandard frame", () => {
  it("the Zstandard decoder rejects a block of the reserved type", () => {
    refused(frame(WINDOW, hex("0e0000 41")));
  });
});

/** A literals section with 10-bit sizes: `sizes` are its first bytes without the coded size. */
function codedLiterals(sizes: string, table: string, stream: string): Uint8Array {
  const content = concat(hex(table), hex(stream));
  const header = hex(`${sizes} 00`);
  header[1] = (header[1] ?? 0) | ((content.length & 3) << 6);
  header[2] = content.length >> 2;
  return concat(header, content);
}
