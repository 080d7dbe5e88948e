/** Which block to look at first when the chain is broken. */
import type { ChainBreak, ChainResult } from "@memslice/core-wasm";
import type { Anchor } from "./anchor.js";

/** The block whose bytes, if one alteration is all there is, must have been altered. */
export interface BadBlock {
  /** Null for the file header. */
  readonly index: number | null;
  /** Its first byte in the file, and the one after its last. */
  readonly offset: number;
  readonly end: number;
}

export interface Surroundings {
  readonly anchor: Anchor;
  readonly headerSize: number;
  /** Whether FileHash is there and matches. */
  readonly fileHashHolds: boolean;
}

/**
 * A link that does not hold accuses two blocks: the one before it, whose hash it is, and the one that names it. The second is meant when
 * the link after it is broken as well, or when it is End-of-Capture and FileHash vouches for what is before. Null where no link up
 * to End-of-Capture is broken, or only the missing link of a zero anchor.
 */
export function firstBadBlock(
  { breaks, eoc }: ChainResult,
  { anchor, headerSize, fileHashHolds }: Surroundings,
): BadBlock | null {
  const position = anchor === "zero" ? 1 : 0;
  if (breaks.length <= position) return null;
  const first = breaks.at(position);
  if (eoc && first.index > eoc.index) return null;
  const next = breaks.length > position + 1 ? breaks.at(position + 1) : undefined;
  if (next?.index === first.index + 1) return { index: first.index, offset: first.offset, end: next.offset };
  if (eoc && first.index === eoc.index && fileHashHolds) return { index: first.index, offset: first.offset, end: eoc.end };
  return before(first, headerSize);
}

function before({ index, offset, previousOffset }: ChainBreak, headerSize: number): BadBlock {
  return index === 0 ? { index: null, offset: 0, end: headerSize } : { index: index - 1, offset: previousOffset, end: offset };
}
