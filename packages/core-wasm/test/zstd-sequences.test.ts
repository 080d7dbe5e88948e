/** Sequences that the fast loop executes far from all limits, and sequences close to a limit, which are executed one by one. */
import { describe, expect, it } from "vitest";
import { decodeZstd, decodeZstdUpTo } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { concat, Random } from "./support/samples.js";
import { compressedBlock, frame, type Sequence, sequences, storedBlock, storedLiterals } from "./support/zstd-builder.js";
import { compressZstd, decodeWithReference } from "./support/zstd-references.js";

const WINDOW = 0x58;
/** RFC 8878, section 3.1.1.3.2.1.1: the code of 48 to 63 literals has 4 extra bits. */
const LITERALS_CODE = 24;
const LITERALS_BASE = 48;
/** Match lengths with their code and the number of its extra bits. Each length is the least one of its code, so that the extra bits are 0. */
const MATCHES: readonly (readonly [length: number, code: number, extraBits: number])[] = [
  ...Array.from({ length: 32 }, (_, code) => [code + 3, code, 0] as const),
  [47, 37, 2],
  [67, 40, 4],
  [131, 43, 7],
  [1027, 46, 10],
];

/** The output of sequences with `runs` literals each and a match. The rest of the literals follows. */
function executed(literals: Uint8Array, runs: readonly number[], offset: number, matchLength: number): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const run of runs) {
    for (let i = 0; i < run; i++) bytes.push(literals[at++] ?? 0);
    for (let i = 0; i < matchLength; i++) bytes.push(bytes[bytes.length - offset] ?? 0);
  }
  return Uint8Array.from([...bytes, ...literals.subarray(at)]);
}

describe("short Zstandard sequences", () => {
  /** Literals of each sequence. The fast loop never executes the first match of a frame, since there are no bytes before it. */
  const RUNS = [50, 49, 48, 63];
  const literals = new Random(21).bytes(400);

  function block(offset: number, [, matchCode, extraBits]: (typeof MATCHES)[number], tail: number): Uint8Array {
    const offsetCode = Math.floor(Math.log2(offset + 3));
    const list = RUNS.map((run): Sequence => {
      return { offset: [offset + 3 - 2 ** offsetCode, offsetCode], match: [0, extraBits], literals: [run - LITERALS_BASE, 4] };
    });
    const used = RUNS.reduce((sum, run) => sum + run, 0);
    return compressedBlock(
      storedLiterals(literals.subarray(0, used + tail)),
      sequences([LITERALS_CODE, offsetCode, matchCode], list),
    );
  }

  it("the Zstandard decoder repeats every short distance, however close to the end", () => {
    const used = RUNS.reduce((sum, run) => sum + run, 0);
    for (let offset = 1; offset <= 40; offset++) {
      for (const match of MATCHES) {
        for (const tail of match[0] % 8 === 3 ? Array.from({ length: 50 }, (_, i) => i) : [0, 31, 32, 100]) {
          const bytes = executed(literals.subarray(0, used + tail), RUNS, offset, match[0]);
          const data = frame(WINDOW, block(offset, match, tail));
          const result = decodeZstd(data, bytes.length);
          if (!result.ok || Buffer.compare(result.bytes, bytes) !== 0) {
            expect.fail(
              `offset ${offset}, match of ${match[0]}, ${tail} bytes after it: ${result.ok ? "other bytes" : result.reason}`,
            );
          }
        }
      }
    }
  });

  it("the Zstandard decoder yields the bytes that the reference decoder yields", () => {
    for (let offset = 1; offset <= 40; offset += 3) {
      const data = frame(WINDOW, block(offset, [67, 40, 4], 40));
      const bytes = executed(literals.subarray(0, 250), RUNS, offset, 67);
      expectBytes(decodeZstd(data, bytes.length), decodeWithReference(data, bytes.length) ?? new Uint8Array());
    }
  });

  it("the Zstandard decoder accepts matches as far back as the output and the window reach, and no further", () => {
    const history = new Random(24).bytes(1000);
    /** A frame whose last block begins with a match of this offset. */
    const reaching = (offset: number, windowDescriptor: number, ...before: Uint8Array[]) => {
      const code = Math.floor(Math.log2(offset + 3));
      const list: Sequence[] = [{ offset: [offset + 3 - 2 ** code, code], match: [0, 0], literals: [0, 0] }];
      const block = compressedBlock(storedLiterals(literals.subarray(0, 200)), sequences([0, code, 0], list));
      return frame(windowDescriptor, ...before.map(storedBlock), block);
    };
    for (const [data, from] of [
      [reaching(1000, WINDOW, history), 0],
      [reaching(1024, 0x00, history, history), 2000 - 1024],
    ] as const) {
      const before = data.length > 2000 ? concat(history, history) : history;
      const bytes = concat(before, before.subarray(from, from + 3), literals.subarray(0, 200));
      expectBytes(decodeZstdUpTo(data, 4096), bytes);
    }
    for (const data of [reaching(1001, WINDOW, history), reaching(1025, 0x00, history, history)]) {
      expectFailure(decodeZstdUpTo(data, 4096), "malformed");
    }
  });
});

describe("long Zstandard sequences", () => {
  /** Codes with 14 extra bits for the literals, 15 for the match and 14 for the offset: with the states, more than one window holds. */
  const LONG = [33, 14, 51] as const;

  it("the Zstandard decoder decodes long sequences with tables of single codes", () => {
    const literals = new Random(22).bytes(40_000);
    const [first, second] = [17_000, 19_000];
    const offset = 2 ** 14 + 5;
    const matchLength = 32_771 + 300;
    const list = [first, second].map((run): Sequence => {
      return { offset: [offset + 3 - 2 ** 14, 14], match: [300, 15], literals: [run - 16_384, 14] };
    });
    const bytes = executed(literals, [first, second], offset, matchLength);
    const data = frame(WINDOW, compressedBlock(storedLiterals(literals), sequences(LONG, list)));
    expectBytes(decodeZstd(data, bytes.length), bytes);
    expectBytes(decodeZstd(data, bytes.length), decodeWithReference(data, bytes.length) ?? new Uint8Array());
  });

  it("the Zstandard decoder decodes long sequences with tables of many codes", () => {
    const random = new Random(23);
    const history = random.bytes(300_000);
    const parts: Uint8Array[] = [history];
    for (let i = 0; i < 60; i++) {
      parts.push(random.bytes(i % 3 === 0 ? 2000 + random.below(8000) : 3));
      const from = random.below(200_000);
      parts.push(history.subarray(from, from + 300 + random.below(i % 2 === 0 ? 30_000 : 3000)));
    }
    const bytes = concat(...parts);
    for (const level of [1, 3, 19]) expectBytes(decodeZstd(compressZstd(bytes, level), bytes.length), bytes);
  });
});
