/**
 * Memory as windows: captured bytes in linear memory, in address order, for kernels to look at. The next windows are read while a kernel looks
 * at one.
 *
 * A *run* is a maximal sequence of captured bytes at consecutive addresses, whatever pages, fragments and regions they come from. A run comes in one
 * piece or more. Each piece but the first of a run begins with `overlap` bytes of the piece before, so that a kernel finds what lies across both. No
 * piece holds bytes of both sides of a hole.
 */
import { type ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { CoverageCount } from "../coverage.js";
import type { Memory } from "../memory.js";
import { boundsIn, type PieceBounds, type PieceOptions, planOf, type Span } from "./spans.js";

/** One window that kernels look at, and two that are being read: a read that begins when a window is handed out would not be under way before kernels have looked at that. */
const WINDOWS = 3;

/** Consecutive captured bytes in a window. */
export interface Piece extends PieceBounds {
  readonly window: ScanWindow;
}

/**
 * All pieces of the memory. A piece is valid until the next one is asked for. No area of `core` may be acquired until the last piece: growth of
 * linear memory would detach the window that is being read. Throws what the memory throws.
 */
export async function* piecesOf(
  memory: Pick<Memory, "ranges" | "rangeParts" | "readInto">,
  core: ScanCore,
  options: PieceOptions = {},
): AsyncGenerator<Piece, void, undefined> {
  const { coverage = new CoverageCount(), signal } = options;
  const { windowBytes, spans } = planOf(memory, options);
  const windows = Array.from({ length: WINDOWS }, () => new ScanWindow(core, windowBytes));
  let turn = 0;
  const readNext = async (): Promise<FilledWindow | undefined> => {
    const { value: span, done } = await spans.next();
    if (done || !span) return undefined;
    const window = windows[turn++ % WINDOWS];
    if (!window) return undefined;
    const { segments } = await memory.readInto(window.bytes.subarray(0, span.length), span.address, signal);
    return { window, span, segments };
  };
  const ahead: Promise<FilledWindow | undefined>[] = [];
  const readAhead = () => {
    const reading = readNext();
    // A failure of this read is thrown where its window is next.
    reading.catch(() => {});
    ahead.push(reading);
  };
  try {
    while (ahead.length < WINDOWS - 1) readAhead();
    for (let filled = await ahead.shift(); filled; filled = await ahead.shift()) {
      readAhead();
      for (const bounds of boundsIn(filled.span, filled.segments)) {
        coverage.add(bounds.length - bounds.repeated);
        yield { ...bounds, window: filled.window };
      }
    }
  } finally {
    await Promise.allSettled(ahead);
    await spans.return();
    for (const window of windows) window.release();
  }
}

interface FilledWindow {
  readonly window: ScanWindow;
  readonly span: Span;
  readonly segments: Awaited<ReturnType<Memory["readInto"]>>["segments"];
}
