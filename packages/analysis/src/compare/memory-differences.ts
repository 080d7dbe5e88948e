/** Compares the bytes that both of two memories captured, part after part. */
import { TimeSlice, throwIfAborted } from "@memslice/msl/work";
import type { QuestionProgress } from "../asking/progress.js";
import type { QuestionThreads } from "../asking/threads.js";
import type { Memory } from "../memory.js";
import type { AlignedPart } from "./aligned-part.js";
import { ComparedChunks } from "./compared-chunks.js";
import type { Difference } from "./difference.js";
import { type Counts, Findings } from "./findings.js";
import { HALF_BYTES, readPart } from "./paired-memory.js";
import { areRead, type StatePair, spansOf, statePairs, statesIn } from "./state-pairs.js";

/** Words of ranges, three for each, behind which a batch ends. */
const WORDS_PER_BATCH = 3 * 2048;
/** Units of work, of about a microsecond each, of a part without bytes. */
const UNITS_PER_PART = 4;

export interface Comparing {
  readonly gap: number;
  /** Bytes. More than `gap`. */
  readonly pageSize: number;
  readonly counts: Counts;
  /** Counts the captured bytes of both sides. */
  readonly progress: QuestionProgress;
  readonly threads: QuestionThreads;
  readonly signal: AbortSignal | undefined;
}

/** Differences in batches, part after part, ascending in each part. Throws what the memories throw, and `aborted`. */
export async function* memoryDifferences(
  a: Memory,
  b: Memory,
  parts: readonly AlignedPart[],
  asked: Comparing,
): AsyncGenerator<readonly Difference[], void, undefined> {
  const { signal, progress } = asked;
  throwIfAborted(signal);
  const slice = new TimeSlice(signal);
  const chunks = new ComparedChunks(a, b, parts, asked);
  try {
    for (const [index, part] of parts.entries()) {
      // Many parts may have no bytes, and nothing to wait for.
      if (slice.isSpent(UNITS_PER_PART)) await slice.renew();
      const findings = new Findings(part, asked);
      for await (const span of spansOf(statePairs(statesIn(a, part.a, signal), statesIn(b, part.b, signal)), HALF_BYTES)) {
        const read = readPart(span);
        for (const pair of span) {
          if (slice.isSpent()) await slice.renew();
          if (!read || pair.end <= read.start || pair.start >= read.end) findings.state(pair);
          else if (pair.start === read.start) yield* comparedChunk(await chunks.take(index, read), findings, slice);
        }
        const found = findings.take();
        if (found.length > 0) yield found;
        for (const pair of span) progress.add(capturedBytes(pair));
      }
      findings.end();
      const last = findings.take();
      if (last.length > 0) yield last;
    }
    progress.end();
  } finally {
    await chunks.end();
  }
}

/** The differences of a chunk that are complete. */
async function* comparedChunk(
  { pairs, ranges }: { readonly pairs: readonly StatePair[]; readonly ranges: readonly Uint32Array[] },
  findings: Findings,
  slice: TimeSlice,
): AsyncGenerator<readonly Difference[], void, undefined> {
  let next = 0;
  for (const pair of pairs) {
    if (!areRead(pair)) {
      findings.state(pair);
      continue;
    }
    findings.compared(pair.start, pair.end);
    const found = ranges[next++] ?? new Uint32Array();
    for (let i = 0; i < found.length; i += 3) {
      const [first, end, changed] = [found[i] ?? 0, found[i + 1] ?? 0, found[i + 2] ?? 0];
      findings.changed(pair.start + BigInt(first), pair.start + BigInt(end), BigInt(changed));
      if (slice.isSpent()) await slice.renew();
      if (i % WORDS_PER_BATCH !== WORDS_PER_BATCH - 3) continue;
      const complete = findings.take();
      if (complete.length > 0) yield complete;
    }
    const complete = findings.take();
    if (complete.length > 0) yield complete;
  }
}

/** Of both sides together. */
function capturedBytes({ start, end, a, b }: StatePair): number {
  return Number(end - start) * (Number(a === "captured") + Number(b === "captured"));
}
