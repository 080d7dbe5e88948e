/** The first bytes of Zstandard data, for which decoding stops inside a block. */
import { describe, expect, it } from "vitest";
import { decodeZstdStart } from "../src/index.js";
import { GuardedKernels, PAUSED, ZSTD_START_EXCESS } from "./support/guarded-kernels.js";
import { mutate } from "./support/mutation.js";
import { concat, memoryLike, Random, samples, text } from "./support/samples.js";
import { compressZstd } from "./support/zstd-references.js";

const kernels = new GuardedKernels();
const WANTED = [1, 2, 31, 320, 1000, 4096, 5000, 20_000, 32_768, 40_000, 131_071, 131_072, 131_073, 200_000];
const BLOCK_HEADER_BYTES = 3;
const NOISE = new Random(5).bytes(20_000);
/** One sequence of 20,000 literals and a match. A start that ends inside the literals has fewer bytes than the offset of the match. */
const REPEATED = { name: "noise, repeated", bytes: concat(NOISE, NOISE) };

/** Bytes of a frame up to the end of its first block and the header of the next one. */
function firstBlockOf(frame: Uint8Array): Uint8Array {
  const flags = frame[4] ?? 0;
  const isSingleSegment = (flags & 0x20) !== 0;
  const header = 5 + (isSingleSegment ? 0 : 1) + ([isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0);
  const [low = 0, middle = 0, high = 0] = frame.subarray(header);
  const size = ((low >> 1) & 3) === 1 ? 1 : (low | (middle << 8) | (high << 16)) >> 3;
  return frame.subarray(0, header + 2 * BLOCK_HEADER_BYTES + size);
}

describe.each([-5, 1, 6, 19])("the start of content compressed at level %i", (level) => {
  it("decodeZstdStart yields the wanted bytes, and at most 4 KiB more", () => {
    for (const { name, bytes } of [...samples(), REPEATED].filter(({ bytes }) => bytes.length > 0)) {
      const data = compressZstd(bytes, level);
      for (const wanted of WANTED) {
        const outcome = kernels.zstdStart(data, bytes.length, wanted, wanted % 2 === 0 ? "begin" : "end");
        const { length } = outcome.bytes;
        expect([0, PAUSED], `${name}, ${wanted} wanted`).toContain(outcome.status);
        expect(length, `${name}, ${wanted} wanted`).toBeGreaterThanOrEqual(Math.min(wanted, bytes.length));
        expect(length, `${name}, ${wanted} wanted`).toBeLessThanOrEqual(wanted + ZSTD_START_EXCESS);
        expect(Buffer.compare(outcome.bytes, bytes.subarray(0, length)), `${name}, ${wanted} wanted`).toBe(0);
      }
    }
  });

  it("reads no data behind the first block", () => {
    const content = concat(memoryLike(300_000, 7), text(200_000));
    const first = firstBlockOf(compressZstd(content, level));
    for (const wanted of [1, 320, 5000, 9000]) {
      const start = decodeZstdStart(first, { bytes: content.length, exact: true }, wanted);
      if (!start.ok) throw new Error(start.reason);
      expect(start.bytes.length).toBeGreaterThanOrEqual(wanted);
      expect(Buffer.compare(start.bytes, content.subarray(0, start.bytes.length))).toBe(0);
    }
  });
});

it("decodeZstdStart decodes the start of damaged data inside its areas, with the bytes of decoding all of the data", () => {
  const random = new Random(11);
  const contents = [text(4000), memoryLike(60_000, 2), concat(text(9000), new Random(3).bytes(7000), new Uint8Array(9000))];
  const corpus = contents.map((content, i) => compressZstd(content, [1, 9, 19][i] ?? 1));
  let accepted = 0;
  for (let round = 0; round < 6000; round++) {
    const size = contents[round % contents.length]?.length ?? 0;
    const damaged = mutate(corpus[round % corpus.length] ?? new Uint8Array(), corpus, random);
    const place = round % 2 === 0 ? "begin" : "end";
    const whole = kernels.zstd(damaged, size, true, place);
    const wanted = 1 + random.below(round % 4 === 0 ? size : 400);
    const start = kernels.zstdStart(damaged, size, wanted, place);
    if (whole.status !== 0) continue;
    accepted++;
    const { length } = start.bytes;
    expect(length).toBeGreaterThanOrEqual(Math.min(wanted, size));
    expect(Buffer.compare(start.bytes, whole.bytes.subarray(0, length))).toBe(0);
  }
  expect(accepted).toBeGreaterThan(300);
});
