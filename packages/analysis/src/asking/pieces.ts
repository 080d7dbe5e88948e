/**
 * Memory as windows: captured bytes in linear memory, in address order, for kernels to look at. The next window is read while a kernel looks at
 * the last one.
 *
 * A *run* is a maximal sequence of captured bytes at consecutive addresses, whatever pages, fragments and regions they come from. A run comes in one
 * piece or more. Each piece but the first of a run begins with `overlap` bytes of the piece before, so that a kernel finds what lies across both. No
 * piece holds bytes of both sides of a hole.
 */
import { type ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { MslError } from "@memslice/msl";
import { CoverageCount } from "../coverage.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";

/** Bytes of a window: large enough that a read costs little, small enough for the third-level cache of a processor. */
const WINDOW_BYTES = 1 << 20;

/** Consecutive captured bytes in a window. */
export interface Piece {
  readonly window: ScanWindow;
  /** Where the piece begins in the window. */
  readonly offset: number;
  readonly length: number;
  /** The address of the first byte. */
  readonly address: bigint;
  /** Bytes at the start that belong to the piece before, too. */
  readonly repeated: number;
  /** Whether the run ends with this piece. */
  readonly endsRun: boolean;
}

export interface PieceOptions {
  /** Bytes that each piece of a run repeats of the one before. Less than half of the window. Default 0. */
  readonly overlap?: number;
  /** The first address, and the address behind the last one. Default: the whole address space. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Bytes of a window. Default 1 MiB. */
  readonly windowBytes?: number;
  /** Counts the bytes that pieces bring. */
  readonly coverage?: CoverageCount;
  readonly signal?: AbortSignal;
}

/**
 * All pieces of the memory. A piece is valid until the next one is asked for. No area of `core` may be acquired until the last piece: growth of
 * linear memory would detach the window that is being read. Throws what the memory throws.
 */
export async function* piecesOf(
  memory: Memory,
  core: ScanCore,
  {
    overlap = 0,
    from = 0n,
    to = ADDRESS_SPACE_END,
    windowBytes = WINDOW_BYTES,
    coverage = new CoverageCount(),
    signal,
  }: PieceOptions = {},
): AsyncGenerator<Piece, void, undefined> {
  if (2 * overlap >= windowBytes) {
    throw new MslError("internal", `An overlap of ${overlap} bytes in windows of ${windowBytes}: expected less than half`);
  }
  const windows = [new ScanWindow(core, windowBytes), new ScanWindow(core, windowBytes)] as const;
  const plan = spans(memory, from, to, { windowBytes, overlap, signal });
  let turn = 0;
  const readNext = async (): Promise<FilledWindow | undefined> => {
    const { value: span, done } = await plan.next();
    if (done || !span) return undefined;
    const window = windows[turn++ % 2 === 0 ? 0 : 1];
    const { segments } = await memory.readInto(window.bytes.subarray(0, span.length), span.address, signal);
    return { window, span, segments };
  };
  let reading = readNext();
  try {
    for (let filled = await reading; filled; filled = await reading) {
      reading = readNext();
      // A failure of this read is thrown where its window is asked for.
      reading.catch(() => {});
      for (const piece of piecesIn(filled)) {
        coverage.add(piece.length - piece.repeated);
        yield piece;
      }
    }
  } finally {
    await reading.catch(() => {});
    await plan.return();
    for (const window of windows) window.release();
  }
}

/** Addresses that one window holds; they may have holes. */
interface Span {
  readonly address: bigint;
  readonly length: number;
  /** Bytes at the start that the span before holds, too. */
  readonly repeated: number;
  /** Whether the run at the end of the span goes on behind it. */
  readonly goesOn: boolean;
}

interface FilledWindow {
  readonly window: ScanWindow;
  readonly span: Span;
  readonly segments: Awaited<ReturnType<Memory["readInto"]>>["segments"];
}

/**
 * Cuts the ranges into spans. A span begins at a range; ranges that end inside the span are in it, so that many short ranges cost one read.
 */
async function* spans(
  memory: Memory,
  from: bigint,
  to: bigint,
  { windowBytes, overlap, signal }: { windowBytes: number; overlap: number; signal: AbortSignal | undefined },
): AsyncGenerator<Span, void, undefined> {
  const room = BigInt(windowBytes);
  let span: { start: bigint; end: bigint; repeated: number } | undefined;
  for await (const { start, end } of memory.ranges(from, to, signal)) {
    let at = start;
    if (span && end - span.start <= room) {
      span.end = end;
      continue;
    }
    if (span) {
      yield { address: span.start, length: Number(span.end - span.start), repeated: span.repeated, goesOn: false };
      span = undefined;
    }
    let repeated = 0;
    while (end - at > room) {
      yield { address: at, length: windowBytes, repeated, goesOn: true };
      at += room - BigInt(overlap);
      repeated = overlap;
    }
    span = { start: at, end, repeated };
  }
  if (span) yield { address: span.start, length: Number(span.end - span.start), repeated: span.repeated, goesOn: false };
}

/** The pieces of a window: captured segments that touch are one. */
function* piecesIn({ window, span, segments }: FilledWindow): Generator<Piece> {
  let start: bigint | undefined;
  let end = span.address;
  const piece = (from: bigint, endsRun: boolean): Piece => {
    const offset = Number(from - span.address);
    return {
      window,
      offset,
      length: Number(end - from),
      address: from,
      repeated: Math.max(0, Math.min(span.repeated - offset, Number(end - from))),
      endsRun,
    };
  };
  for (const { address, length, state } of segments) {
    if (state === "captured") {
      start ??= address;
    } else if (start !== undefined) {
      yield piece(start, true);
      start = undefined;
    }
    end = address + BigInt(length);
  }
  if (start !== undefined) yield piece(start, !span.goesOn);
}
