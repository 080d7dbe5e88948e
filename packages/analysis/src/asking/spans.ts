/** How memory is cut: into spans, each of which is read at once, and a span that was read into the pieces that kernels look at. */

import { type MemorySegment, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import type { CoverageCount } from "../coverage.js";
import type { Memory } from "../memory.js";

/** Bytes of a window: large enough that a read costs little, small enough for the third-level cache of a processor. */
export const WINDOW_BYTES = 1 << 20;

/** Consecutive captured bytes in the bytes of a span. */
export interface PieceBounds {
  /** Where the piece begins in the bytes of its span. */
  readonly offset: number;
  readonly length: number;
  /** The address of the first byte. */
  readonly address: bigint;
  /** Bytes at the start that belong to the piece before, too. */
  readonly repeated: number;
  /** Whether the run ends with this piece. */
  readonly endsRun: boolean;
}

/** The answer of one piece, and where the piece lies. */
export interface Answered<Answer> extends Pick<PieceBounds, "address" | "length" | "repeated" | "endsRun"> {
  readonly answer: Answer;
}

export interface PieceOptions {
  /** Bytes that each piece of a run repeats of the one before. Less than half of the window. Default 0. */
  readonly overlap?: number;
  /** The first address, and the address behind the last one. Default: the whole address space. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Bytes of a window. Default 1 MiB. */
  readonly windowBytes?: number;
  /** The most ranges that are in one span. Default: as many as there is room for. */
  readonly mostRanges?: number;
  /** The most windows that a span of one run has; `windowsOf` cuts it. Default 1. */
  readonly windowsPerSpan?: number;
  /** Counts the bytes that pieces bring. */
  readonly coverage?: CoverageCount;
  readonly signal?: AbortSignal;
}

/** Addresses that one read brings, which may have holes; or several windows of a run, with the bytes that each repeats of the one before. */
export interface Span {
  readonly address: bigint;
  readonly length: number;
  /** Bytes at the start that the span before holds, too. */
  readonly repeated: number;
  /** Whether the run at the end of the span goes on behind it. */
  readonly goesOn: boolean;
}

/** How the memory of a question is cut. */
export interface Plan {
  readonly windowBytes: number;
  /** Ascending. */
  readonly spans: AsyncGenerator<Span, void, undefined>;
  /** The windows of a span, ascending: the span itself, or several of `windowBytes` that share as many bytes as spans of a run do. */
  windowsOf(span: Span): readonly Span[];
}

export function planOf(
  memory: Pick<Memory, "ranges" | "rangeParts">,
  {
    overlap = 0,
    from = 0n,
    to = ADDRESS_SPACE_END,
    windowBytes = WINDOW_BYTES,
    mostRanges = Number.POSITIVE_INFINITY,
    windowsPerSpan = 1,
    signal,
  }: PieceOptions,
): Plan {
  if (2 * overlap >= windowBytes) {
    throw new MslError("internal", `An overlap of ${overlap} bytes in windows of ${windowBytes}: expected less than half`);
  }
  return {
    windowBytes,
    spans: spansOf(memory, from, to, { windowBytes, overlap, mostRanges, windowsPerSpan, signal }),
    windowsOf(span) {
      if (span.length <= windowBytes) return [span];
      const step = windowBytes - overlap;
      return Array.from({ length: (span.length - overlap) / step }, (_, i) => ({
        address: span.address + BigInt(i * step),
        length: windowBytes,
        repeated: i === 0 ? span.repeated : overlap,
        goesOn: true,
      }));
    },
  };
}

/** A run of captured bytes, as far as it is known. */
interface Run {
  /** The first address that is in no span yet, or that the next span repeats. */
  at: bigint;
  end: bigint;
  repeated: number;
  readonly salvaged: true | undefined;
}

/**
 * Cuts the ranges into spans. A span begins at a range; ranges that end inside the span are in it, so that many short ranges cost one read. Of a long range,
 * the first spans come before all of it is known.
 */
async function* spansOf(
  memory: Pick<Memory, "ranges" | "rangeParts">,
  from: bigint,
  to: bigint,
  {
    windowBytes,
    overlap,
    mostRanges,
    windowsPerSpan,
    signal,
  }: Required<Pick<PieceOptions, "windowBytes" | "overlap" | "mostRanges" | "windowsPerSpan">> & {
    readonly signal: AbortSignal | undefined;
  },
): AsyncGenerator<Span, void, undefined> {
  const room = BigInt(windowBytes);
  const step = windowBytes - overlap;
  const spanOf = ({ at, end, repeated }: Run): Span => ({ address: at, length: Number(end - at), repeated, goesOn: false });
  /** Runs before the last one that are in one span. */
  let span: Run | undefined;
  let inSpan = 0;
  let run: Run | undefined;
  for await (const { start, end, salvaged } of memory.rangeParts?.(from, to, signal) ?? memory.ranges(from, to, signal)) {
    if (run && run.end === start && run.salvaged === salvaged) run.end = end;
    else {
      if (run) {
        span = span ? { ...span, end: run.end } : run;
        inSpan++;
      }
      run = { at: start, end, repeated: 0, salvaged };
    }
    if (span && (run.end - span.at > room || inSpan === mostRanges)) {
      yield spanOf(span);
      span = undefined;
      inSpan = 0;
    }
    while (!span && run.end - run.at > room) {
      // The run goes on behind the last of the windows.
      const windows = Math.min(windowsPerSpan, Math.floor((Number(run.end - run.at) - overlap - 1) / step));
      yield { address: run.at, length: windows * step + overlap, repeated: run.repeated, goesOn: true };
      run.at += BigInt(windows * step);
      run.repeated = overlap;
    }
  }
  if (run) yield spanOf(span ? { ...span, end: run.end } : run);
}

/**
 * The pieces of a span that was read: captured segments that touch are one. Pieces that end inside the repeated bytes are left out: the span before had
 * all of them, and their ends.
 */
export function* boundsIn(span: Span, segments: readonly MemorySegment[]): Generator<PieceBounds> {
  let start: bigint | undefined;
  let end = span.address;
  const piece = (from: bigint, endsRun: boolean): PieceBounds => {
    const offset = Number(from - span.address);
    return {
      offset,
      length: Number(end - from),
      address: from,
      repeated: Math.max(0, Math.min(span.repeated - offset, Number(end - from))),
      endsRun,
    };
  };
  const border = span.address + BigInt(span.repeated);
  for (const { address, length, state } of segments) {
    if (state === "captured") {
      start ??= address;
    } else if (start !== undefined) {
      if (end >= border) yield piece(start, true);
      start = undefined;
    }
    end = address + BigInt(length);
  }
  if (start !== undefined) yield piece(start, !span.goesOn);
}
