/** Reads two memories side by side, in windows, and compares bytes that both captured. */
import { Differences, ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { TimeSlice, throwIfAborted } from "@memslice/msl/work";
import type { QuestionProgress } from "../asking/progress.js";
import type { Memory, MemoryContent } from "../memory.js";
import type { AlignedPart } from "./alignment.js";
import type { Difference } from "./difference.js";
import { type Counts, Findings } from "./findings.js";
import { type StatePair, statePairs, statesIn } from "./state-pairs.js";

/** Bytes of a window. */
const WINDOW_BYTES = 1n << 20n;
/** Bytes that the kernel compares in about a microsecond. */
const BYTES_PER_UNIT = 4096;
const MOST_PENDING = 4096;
/** Units of work, of about a microsecond each, of a part without bytes. */
const UNITS_PER_PART = 4;

export interface Comparing {
  readonly gap: number;
  /** Bytes. More than `gap`. */
  readonly pageSize: number;
  readonly counts: Counts;
  /** Counts the captured bytes of both sides. */
  readonly progress: QuestionProgress;
  readonly signal: AbortSignal | undefined;
}

/** Differences in batches, part after part, ascending in each part. Throws what the memories throw, and `aborted`. */
export async function* memoryDifferences(
  a: Memory,
  b: Memory,
  parts: readonly AlignedPart[],
  asked: Comparing,
): AsyncGenerator<readonly Difference[], void, undefined> {
  throwIfAborted(asked.signal);
  const windows = new WindowPair(a, b, asked);
  try {
    for (const part of parts) {
      await windows.giveWay();
      const findings = new Findings(part, asked);
      for await (const span of spansOf(statePairs(statesIn(a, part.a, asked.signal), statesIn(b, part.b, asked.signal)))) {
        yield* windows.compare(part, span, findings);
        for (const pair of span) asked.progress.add(capturedBytes(pair));
      }
      findings.end();
      const last = findings.take();
      if (last.length > 0) yield last;
    }
    asked.progress.end();
  } finally {
    windows.release();
  }
}

/** Consecutive pairs that one window holds. A pair that is longer than a window is cut if its bytes are read, and otherwise alone. */
async function* spansOf(pairs: AsyncIterable<StatePair>): AsyncGenerator<StatePair[], void, undefined> {
  let span: StatePair[] = [];
  for await (const pair of pairs) {
    const first = span[0]?.start ?? pair.start;
    if (span.length > 0 && (pair.end - first > WINDOW_BYTES || span.length === MOST_PENDING)) {
      yield span;
      span = [];
    }
    let { start } = pair;
    while (areRead(pair) && pair.end - start > WINDOW_BYTES) {
      yield [{ ...pair, start, end: start + WINDOW_BYTES }];
      start += WINDOW_BYTES;
    }
    span.push({ ...pair, start });
  }
  if (span.length > 0) yield span;
}

/** Of both sides together. */
function capturedBytes({ start, end, a, b }: StatePair): number {
  return Number(end - start) * (Number(a === "captured") + Number(b === "captured"));
}

function areRead({ a, b }: StatePair): boolean {
  return a === "captured" && b === "captured";
}

class WindowPair {
  readonly #a: Memory;
  readonly #b: Memory;
  readonly #asked: Comparing;
  readonly #slice: TimeSlice;
  readonly #windows: { readonly a: ScanWindow; readonly b: ScanWindow };
  readonly #differences: Differences;

  constructor(a: Memory, b: Memory, asked: Comparing) {
    this.#a = a;
    this.#b = b;
    this.#asked = asked;
    this.#slice = new TimeSlice(asked.signal);
    const core = new ScanCore();
    this.#windows = { a: new ScanWindow(core, Number(WINDOW_BYTES)), b: new ScanWindow(core, Number(WINDOW_BYTES)) };
    this.#differences = new Differences(core);
  }

  /** The differences of one span that are complete. */
  async *compare(
    part: AlignedPart,
    span: readonly StatePair[],
    findings: Findings,
  ): AsyncGenerator<readonly Difference[], void, undefined> {
    const read = span.filter(areRead);
    const from = read[0]?.start;
    const to = read.at(-1)?.end;
    for (const pair of span) {
      if (this.#slice.isSpent()) await this.#slice.renew();
      if (from === undefined || to === undefined || pair.end <= from || pair.start >= to) findings.state(pair);
      else if (pair.start === from) yield* this.#compareBytes(part, from, to, findings);
    }
    const found = findings.take();
    if (found.length > 0) yield found;
  }

  /** Many parts may have no bytes, and nothing to wait for. */
  async giveWay(): Promise<void> {
    if (this.#slice.isSpent(UNITS_PER_PART)) await this.#slice.renew();
  }

  release(): void {
    this.#differences.release();
    this.#windows.a.release();
    this.#windows.b.release();
  }

  /** What the reads say about states is what counts: bytes may fail to be read that were held to be captured. */
  async *#compareBytes(
    part: AlignedPart,
    from: bigint,
    to: bigint,
    findings: Findings,
  ): AsyncGenerator<readonly Difference[], void, undefined> {
    const { gap, signal } = this.#asked;
    const { a, b } = this.#windows;
    const length = Number(to - from);
    const read = async (memory: Memory, window: ScanWindow, start: bigint) =>
      memory.readInto(window.bytes.subarray(0, length), start + from, signal);
    const [inA, inB] = await Promise.all([read(this.#a, a, part.a?.start ?? 0n), read(this.#b, b, part.b?.start ?? 0n)]);
    for await (const pair of statePairs(offsets(inA, part.a?.start), offsets(inB, part.b?.start))) {
      if (!areRead(pair)) {
        findings.state(pair);
        continue;
      }
      const bytes = Number(pair.end - pair.start);
      const start = Number(pair.start - from);
      findings.compared(pair.start, pair.end);
      for (const batch of this.#differences.ranges({ window: a, start }, { window: b, start }, bytes, gap)) {
        for (let i = 0; i < batch.length; i += 3) {
          const [first, end, changed] = [batch[i] ?? 0, batch[i + 1] ?? 0, batch[i + 2] ?? 0];
          findings.changed(pair.start + BigInt(first), pair.start + BigInt(end), BigInt(changed));
        }
        const found = findings.take();
        if (found.length > 0) yield found;
      }
      if (this.#slice.isSpent(1 + bytes / BYTES_PER_UNIT)) await this.#slice.renew();
    }
  }
}

function* offsets({ segments }: MemoryContent, base = 0n) {
  for (const { address, length, state } of segments) yield { start: address - base, end: address - base + BigInt(length), state };
}
