/**
 * Mutated frames and blocks. No decoder may trap or write outside of its output. Each must accept the same data as another implementation,
 * with the same bytes, and do so in pieces of any lengths as well. CODEC_MUTATIONS is the number of mutations, CODEC_SEED their seed.
 */
import { describe, expect, it } from "vitest";
import { DECODE_FAILURES } from "../src/index.js";
import { GuardedKernels, type KernelOutcome, type PieceLengths, type SourcePlace } from "./support/guarded-kernels.js";
import {
  compressBlockWithNapi,
  compressFrameWithNapi,
  decodeBlockWithNapi,
  decodeFrameWithNapi,
} from "./support/lz4-references.js";
import { mutate } from "./support/mutation.js";
import { nativeTool } from "./support/native-tool.js";
import { concat, hex, memoryLike, Random, text } from "./support/samples.js";
import { compressZstd, decodeWithReference } from "./support/zstd-references.js";

const { CODEC_MUTATIONS = "30000", CODEC_SEED = "1" } = process.env;
const MUTATIONS = Number(CODEC_MUTATIONS);
const SEED = Number(CODEC_SEED);

const EMPTY_STORED_BLOCK = hex("00000080");

const CONTENTS = [text(30), text(500), text(4000), memoryLike(9000, 2), new Uint8Array(3000), new Random(3).bytes(700)];
CONTENTS.push(
  concat(...CONTENTS.slice(1)),
  Uint8Array.from({ length: 2500 }, (_, i) => i % 37),
);

interface Base {
  readonly data: Uint8Array;
  readonly size: number;
}

interface PiecewiseSubject {
  readonly corpus: readonly Base[];
  decode(data: Uint8Array, size: number, place: SourcePlace): KernelOutcome;
  decodePieces(data: Uint8Array, size: number, place: SourcePlace, pieces: PieceLengths): KernelOutcome;
}

interface Subject extends PiecewiseSubject {
  decodeElsewhere(data: Uint8Array, size: number): Uint8Array | null;
  /** Why the other implementation may accept data that ours refuses; null if it may not. */
  explain?(data: Uint8Array, size: number, outcome: KernelOutcome): string | null;
}

interface Summary {
  mutations: number;
  acceptedByBoth: number;
  readonly explained: Record<string, number>;
  readonly unexplained: string[];
}

function run(subject: Subject): Summary {
  const random = new Random(SEED);
  const corpus = subject.corpus.map(({ data }) => data);
  const summary: Summary = { mutations: Math.ceil(MUTATIONS / 3), acceptedByBoth: 0, explained: {}, unexplained: [] };
  for (let round = 0; round < summary.mutations; round++) {
    const { data, size } = subject.corpus[round % subject.corpus.length] ?? { data: new Uint8Array(), size: 0 };
    const damaged = mutate(data, corpus, random);
    const outcome = subject.decode(damaged, size, round % 2 === 0 ? "begin" : "end");
    const pieces = subject.decodePieces(damaged, size, round % 3 === 0 ? "begin" : "end", anyLengths(random));
    const difference = differenceOf(outcome, pieces);
    if (difference !== undefined) summary.unexplained.push(`in pieces: ${difference}: ${hexOf(damaged)}`);
    const accepted = outcome.status === 0;
    // Other implementations do not accept padding.
    const unpadded = accepted ? damaged.subarray(0, damaged.length - outcome.trailingZeros) : damaged;
    const other = subject.decodeElsewhere(unpadded, size);
    if (accepted && other !== null && Buffer.compare(outcome.bytes, other) === 0) {
      summary.acceptedByBoth++;
    } else if (accepted || other !== null) {
      const reason = accepted ? null : (subject.explain?.(damaged, size, outcome) ?? null);
      if (reason === null) {
        const verdict = DECODE_FAILURES[outcome.status - 1] ?? "accepted";
        summary.unexplained.push(`${verdict}: ${size} bytes from ${hexOf(damaged)}`);
      } else {
        summary.explained[reason] = (summary.explained[reason] ?? 0) + 1;
      }
    }
  }
  console.log(`seed ${SEED}:`, { ...summary, unexplained: summary.unexplained.length });
  return summary;
}

function anyLengths(random: Random): PieceLengths {
  const longest = 1 + random.below(random.below(2) === 0 ? 40 : 3000);
  return { longest, next: () => 1 + random.below(longest) };
}

/** The difference between decoding in pieces and at once, in words; undefined if there is none. */
function differenceOf(whole: KernelOutcome, pieces: KernelOutcome): string | undefined {
  // Decoding in pieces begins with a measurement, which may find another fault first.
  if (whole.status !== 0) return pieces.status !== 0 ? undefined : `accepted, not refused with status ${whole.status}`;
  if (pieces.status !== 0) return `refused with status ${pieces.status}`;
  if (Buffer.compare(whole.bytes, pieces.bytes) !== 0) return "other bytes";
  const ends = [whole, pieces].map(({ stoppedAt, trailingZeros }) => `${stoppedAt} and ${trailingZeros} zeros`);
  return ends[0] === ends[1] ? undefined : `ends at ${ends[1]}, not ${ends[0]}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

const kernels = new GuardedKernels();
const zstd = nativeTool("zstd");
const lz4 = nativeTool("lz4");

describe(`mutations of seed ${SEED}`, { timeout: 3_600_000 }, () => {
  it("the decoder accepts the Zstandard frames that the reference decoder accepts, with the same bytes", () => {
    const corpus = CONTENTS.flatMap((bytes) =>
      [-3, 1, 5, 19].map((level) => ({ data: compressZstd(bytes, level), size: bytes.length })),
    );
    if (!zstd.isMissing) {
      for (const bytes of CONTENTS.filter(({ length }) => length > 3000)) {
        corpus.push({ data: zstd.run(bytes, "-3", "--no-check", "--zstd=wlog=10"), size: bytes.length });
        corpus.push({ data: zstd.run(bytes, "-17", "--no-check", "--zstd=wlog=10"), size: bytes.length });
        corpus.push({ data: zstd.run(bytes, "-3", "--check"), size: bytes.length });
      }
    }
    const { acceptedByBoth, unexplained } = run({
      corpus,
      decode: (data, size, place) => kernels.zstd(data, size, true, place),
      decodePieces: (data, size, place, pieces) => kernels.zstdPieces(data, size, true, place, pieces),
      decodeElsewhere: decodeWithReference,
      explain: explainZstd,
    });
    expect(unexplained).toEqual([]);
    expect(acceptedByBoth).toBeGreaterThan(0);
  });

  it("the decoder accepts the LZ4 blocks that lz4_flex accepts, with the same bytes", () => {
    const { acceptedByBoth, unexplained } = run({
      corpus: CONTENTS.map((bytes) => ({ data: compressBlockWithNapi(bytes), size: bytes.length })),
      decode: (data, size, place) => kernels.lz4Block(data, size, place),
      decodePieces: (data, size, place, pieces) => kernels.lz4BlockPieces(data, size, place, pieces),
      decodeElsewhere: decodeBlockWithNapi,
    });
    expect(unexplained).toEqual([]);
    expect(acceptedByBoth).toBeGreaterThan(0);
  });

  it("the decoder accepts the LZ4 frames that lz4_flex accepts, with the same bytes", () => {
    const corpus = CONTENTS.flatMap((bytes) => [
      { data: compressFrameWithNapi(bytes), size: bytes.length },
      { data: compressFrameWithNapi(bytes, { blockChecksums: true, contentChecksum: true }), size: bytes.length },
    ]);
    if (!lz4.isMissing) {
      for (const bytes of CONTENTS) corpus.push({ data: lz4.run(bytes, "--no-frame-crc", "--content-size"), size: bytes.length });
    }
    const { acceptedByBoth, unexplained } = run({
      corpus,
      decode: (data, size, place) => kernels.lz4Frame(data, size, true, place),
      decodePieces: (data, size, place, pieces) => kernels.lz4FramePieces(data, size, true, place, pieces),
      decodeElsewhere: (data, size) => {
        const bytes = decodeFrameWithNapi(data);
        return bytes?.length === size ? bytes : null;
      },
      explain: explainLz4Frame,
    });
    expect(unexplained).toEqual([]);
    expect(acceptedByBoth).toBeGreaterThan(0);
  });
});

/** Longer than the output that a decoder in pieces keeps, so that it has to move bytes to make room. */
const LONG_CONTENTS = [
  memoryLike(500_000, 5),
  text(250_000, 2),
  concat(memoryLike(90_000, 3), new Uint8Array(400_000), text(9000)),
];

describe(`mutations of long data, seed ${SEED}`, { timeout: 3_600_000 }, () => {
  it.each<readonly [string, PiecewiseSubject]>([
    [
      "Zstandard",
      {
        corpus: LONG_CONTENTS.flatMap((bytes) => [
          { data: compressZstd(bytes, 1), size: bytes.length },
          ...(zstd.isMissing
            ? []
            : [
                { data: zstd.run(bytes, "-5", "--check", "--zstd=wlog=10"), size: bytes.length },
                { data: zstd.run(bytes, "-9", "--no-check", "--zstd=wlog=17"), size: bytes.length },
              ]),
        ]),
        decode: (data, size, place) => kernels.zstd(data, size, true, place),
        decodePieces: (data, size, place, pieces) => kernels.zstdPieces(data, size, true, place, pieces),
      },
    ],
    [
      "LZ4 blocks",
      {
        corpus: LONG_CONTENTS.map((bytes) => ({ data: compressBlockWithNapi(bytes), size: bytes.length })),
        decode: (data, size, place) => kernels.lz4Block(data, size, place),
        decodePieces: (data, size, place, pieces) => kernels.lz4BlockPieces(data, size, place, pieces),
      },
    ],
    [
      "LZ4 frames",
      {
        corpus: LONG_CONTENTS.flatMap((bytes) => [
          { data: compressFrameWithNapi(bytes, { contentChecksum: true }), size: bytes.length },
          ...(lz4.isMissing ? [] : [{ data: lz4.run(bytes, "-BD", "-B4", "--no-frame-crc"), size: bytes.length }]),
        ]),
        decode: (data, size, place) => kernels.lz4Frame(data, size, true, place),
        decodePieces: (data, size, place, pieces) => kernels.lz4FramePieces(data, size, true, place, pieces),
      },
    ],
  ])("the decoder decodes %s in pieces with the same outcome as at once", (_, subject) => {
    const random = new Random(SEED);
    const corpus = subject.corpus.map(({ data }) => data);
    const differences: string[] = [];
    let accepted = 0;
    for (let round = 0; round < Math.max(60, MUTATIONS / 200); round++) {
      const { data, size } = subject.corpus[round % subject.corpus.length] ?? { data: new Uint8Array(), size: 0 };
      const damaged = round % 3 === 0 ? data : mutate(data, corpus, random);
      const whole = subject.decode(damaged, size, "end");
      const longest = 1 + random.below(60_000);
      const pieces = subject.decodePieces(damaged, size, "begin", { longest, next: () => 1 + random.below(longest) });
      const difference = differenceOf(whole, pieces);
      if (difference !== undefined) differences.push(`round ${round}: ${difference}`);
      if (whole.status === 0) accepted++;
      if (round % 3 === 0) expect(whole.status).toBe(0);
    }
    expect(differences).toEqual([]);
    expect(accepted).toBeGreaterThan(0);
  });
});

function explainZstd(data: Uint8Array, size: number, { status }: KernelOutcome): string | null {
  const hasWindow = ((data[4] ?? 0) & 0x20) === 0;
  if (DECODE_FAILURES[status - 1] !== "malformed" || !hasWindow) return null;
  const withLargestWindow = Uint8Array.from(data);
  withLargestWindow[5] = 0x88;
  const retried = kernels.zstd(withLargestWindow, size, true, "end");
  return retried.status === 0 ? "the reference lets offsets and blocks exceed the window when it decodes in one piece" : null;
}

function explainLz4Frame(data: Uint8Array, size: number, { status, stoppedAt }: KernelOutcome): string | null {
  const reason = DECODE_FAILURES[status - 1];
  if (reason === "trailing-data" && kernels.lz4Frame(data.subarray(0, stoppedAt), size, true, "end").status === 0) {
    return "lz4_flex ignores what follows the frame";
  }
  if (reason === "truncated" && [0, 1, 2, 3].some((partOfField) => holdsAll(data, data.length - partOfField, size))) {
    return "lz4_flex takes the end of the input for the end mark";
  }
  const bytes = Buffer.from(data);
  for (let at = bytes.indexOf(EMPTY_STORED_BLOCK); at >= 0; at = bytes.indexOf(EMPTY_STORED_BLOCK, at + 1)) {
    if (holdsAll(data, at, size)) return "lz4_flex takes an empty stored block for the end mark";
  }
  return null;
}

/** Whether the blocks before `end` are the whole content, so that only the end mark is missing there. */
function holdsAll(data: Uint8Array, end: number, size: number): boolean {
  const completed = kernels.lz4Frame(concat(data.subarray(0, end), new Uint8Array(8)), size, true, "end");
  return completed.bytes.length === size && completed.stoppedAt >= end;
}
