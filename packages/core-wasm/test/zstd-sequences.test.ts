/** Sequences carried out in the loop that is far from all limits, and by the careful way next to them: both yield the same bytes. */
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
/** Match lengths with their code and its number of extra bits; each is the code's lowest, so that these are 0. */
const MATCHES: readonly (readonly [length: number, code: number, extraBits: number])[] = [
  ...Array.from({ length: 32 }, (_, code) => [code + 3, code, 0] as const),
  [47, 37, 2],
  [67, 40, 4],
  [131, 43, 7],
  [1027, 46, 10],
];

/** Each sequence: so many literals, then a match. What is left of the literals follows. */
function carriedOut(literals: Uint8Array, runs: readonly number[], offset: number, matchLength: number): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const run of runs) {
    for (let i = 0; i < run; i++) bytes.push(literals[at++] ?? 0);
    for (let i = 0; i < matchLength; i++) bytes.push(bytes[bytes.length - offset] ?? 0);
  }
  return Uint8Array.from([...bytes, ...literals.subarray(at)]);
}

describe("sequences", () => {
  /** The first match of a frame is always carried out carefully: before it there is nothing to refer to. */
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

  it("repeat every short distance, however close to the end", () => {
    const used = RUNS.reduce((sum, run) => sum + run, 0);
    for (let offset = 1; offset <= 40; offset++) {
      for (const match of MATCHES) {
        for (const tail of match[0] % 8 === 3 ? Array.from({ length: 50 }, (_, i) => i) : [0, 31, 32, 100]) {
          const bytes = carriedOut(literals.subarray(0, used + tail), RUNS, offset, match[0]);
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

  it("yield what the reference decoder yields", () => {
    for (let offset = 1; offset <= 40; offset += 3) {
      const data = frame(WINDOW, block(offset, [67, 40, 4], 40));
      const bytes = carriedOut(literals.subarray(0, 250), RUNS, offset, 67);
      expectBytes(decodeZstd(data, bytes.length), decodeWithReference(data, bytes.length) ?? new Uint8Array());
    }
  });

  it("reach back as far as there is output, and the window, and no further", () => {
    const history = new Random(24).bytes(1000);
    /** At the begin of a block, far from its end. */
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

describe("long sequences", () => {
  /** 14 bits for the literals, 15 for the match and 14 for the offset are more than go with the states in one window. */
  const LONG = [33, 14, 51] as const;

  it("of single codes decode", () => {
    const literals = new Random(22).bytes(40_000);
    const [first, second] = [17_000, 19_000];
    const offset = 2 ** 14 + 5;
    const matchLength = 32_771 + 300;
    const list = [first, second].map((run): Sequence => {
      return { offset: [offset + 3 - 2 ** 14, 14], match: [300, 15], literals: [run - 16_384, 14] };
    });
    const bytes = carriedOut(literals, [first, second], offset, matchLength);
    const data = frame(WINDOW, compressedBlock(storedLiterals(literals), sequences(LONG, list)));
    expectBytes(decodeZstd(data, bytes.length), bytes);
    expectBytes(decodeZstd(data, bytes.length), decodeWithReference(data, bytes.length) ?? new Uint8Array());
  });

  it("of many codes decode", () => {
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
