/** Windows that lie in files, which workers read themselves. */
import type { FileExtent, MemorySegment } from "@memslice/msl";
import type { Memory } from "../memory.js";
import type { Span } from "./spans.js";

/** Where the captured bytes of a window lie in files. */
export interface StoredSpan {
  readonly parts: readonly (FileExtent & {
    /** Where the bytes belong in the window. */
    readonly at: number;
    readonly length: number;
  })[];
  /** The states of all bytes of the window. */
  readonly segments: readonly MemorySegment[];
}

/** A window, and where its captured bytes lie in files. */
export interface StoredWindow extends StoredSpan {
  readonly window: Span;
}

/** What the frame asks memory: that of a caller, or one that is made of several. */
export interface AskedMemory extends Pick<Memory, "ranges" | "rangeParts" | "readInto" | "inFile"> {
  /** In place of `inFile`, for bytes that do not lie one behind the other. */
  inFiles?(address: bigint, length: number, signal: AbortSignal | undefined): Promise<StoredSpan | undefined>;
}

/** Where the windows of a span lie; undefined if they do not lie in files as they are. */
export async function storedWindows(
  memory: AskedMemory,
  span: Span,
  windows: readonly Span[],
  signal: AbortSignal | undefined,
): Promise<readonly StoredWindow[] | undefined> {
  const { address, length } = span;
  if (memory.inFiles) {
    const stored = await memory.inFiles(address, length, signal);
    return stored && [{ window: span, ...stored }];
  }
  const stored = await memory.inFile?.(address, length, signal);
  return stored && windows.map((window) => storedWindow(window, stored, Number(window.address - address)));
}

/** `at`: where the window begins in the bytes that are stored. */
function storedWindow(window: Span, { file, offset }: FileExtent, at: number): StoredWindow {
  const { address, length } = window;
  return {
    window,
    parts: [{ file, offset: offset + at, at: 0, length }],
    segments: [{ address, length, state: "captured" }],
  };
}
