/** Spans that lie in files, which workers read themselves. */
import type { FileExtent, MemorySegment } from "@memslice/msl";
import type { Memory } from "../memory.js";
import type { Span } from "./spans.js";

/** Where the captured bytes of a span lie in files. */
export interface StoredSpan {
  readonly parts: readonly (FileExtent & {
    /** Where the bytes belong in the span. */
    readonly at: number;
    readonly length: number;
  })[];
  /** The states of all bytes of the span. */
  readonly segments: readonly MemorySegment[];
}

/** What the frame asks memory: that of a caller, or one that is made of several. */
export interface AskedMemory extends Pick<Memory, "ranges" | "rangeParts" | "readInto" | "inFile"> {
  /** In place of `inFile`, for bytes that do not lie one behind the other. */
  inFiles?(address: bigint, length: number, signal: AbortSignal | undefined): Promise<StoredSpan | undefined>;
}

/** Undefined if the span does not lie in files as it is. */
export async function storedSpan(
  memory: AskedMemory,
  { address, length }: Span,
  signal: AbortSignal | undefined,
): Promise<StoredSpan | undefined> {
  if (memory.inFiles) return memory.inFiles(address, length, signal);
  const stored = await memory.inFile?.(address, length, signal);
  return stored && { parts: [{ ...stored, at: 0, length }], segments: [{ address, length, state: "captured" }] };
}
