/** The bytes of a range of addresses, piece by piece, with the state of every address: nothing is left out, and holes have no bytes. */

import { type MemorySegment, type MemoryState, type MemoryStateRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import type { Memory } from "../memory.js";

/** Bytes that one piece has at most. */
const WINDOW_BYTES = 64 * 1024;

/** Addresses `[start, end)` in one state. Only captured ones have bytes; a hole of any size is one piece. */
export interface ContentPiece {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: MemoryState;
  /** A view, valid until the next piece is taken. */
  readonly bytes?: Uint8Array;
}

/** Bytes of a range in each state. `absent`: of no region. */
export interface ContentExtent {
  readonly captured: bigint;
  readonly failed: bigint;
  readonly unmapped: bigint;
  readonly missing: bigint;
  readonly absent: bigint;
}

/**
 * The content of `[from, to)` in address order, without gaps. Captured bytes come in pieces of at most 64 KiB, which end at multiples of 64 KiB.
 * Holds one piece at a time. Throws `usage` for a range that is not in the 64-bit address space, what reading the memory throws, and `aborted`.
 */
export async function* content(
  memory: Memory,
  from: bigint,
  to: bigint,
  signal?: AbortSignal,
): AsyncGenerator<ContentPiece, void, undefined> {
  const window = new Uint8Array(WINDOW_BYTES);
  for await (const range of contentStates(memory, from, to, signal)) {
    if (range.state !== "captured") yield range;
    else {
      for (let at = range.start; at < range.end; ) {
        const next = (at / BigInt(WINDOW_BYTES) + 1n) * BigInt(WINDOW_BYTES);
        const end = next < range.end ? next : range.end;
        const { segments } = await memory.readInto(window.subarray(0, Number(end - at)), at, signal);
        yield* segments.map(pieceOf);
        at = end;
      }
    }
  }
}

/** How many bytes of `[from, to)` are in each state, and the first piece that is not captured. Throws what `content` throws. */
export async function contentExtent(
  memory: Memory,
  from: bigint,
  to: bigint,
  signal?: AbortSignal,
): Promise<{ readonly extent: ContentExtent; readonly firstHole: ContentPiece | undefined }> {
  const extent = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n, absent: 0n };
  let firstHole: ContentPiece | undefined;
  for await (const piece of contentStates(memory, from, to, signal)) {
    extent[piece.state] += piece.end - piece.start;
    if (piece.state !== "captured") firstHole ??= piece;
  }
  return { extent, firstHole };
}

/** The states of all addresses in `[from, to)`: those that no region covers are `absent`. */
async function* contentStates(
  memory: Memory,
  from: bigint,
  to: bigint,
  signal: AbortSignal | undefined,
): AsyncGenerator<ContentPiece, void, undefined> {
  if (from < 0n || to > ADDRESS_SPACE_END || from > to) {
    throw new MslError("usage", `0x${from.toString(16)} to 0x${to.toString(16)} is no range of the 64-bit address space`);
  }
  let at = from;
  for await (const { start, end, state } of knownStates(memory, from, to, signal)) {
    if (at < start) yield { start: at, end: start, state: "absent" };
    yield { start, end, state };
    at = end;
  }
  if (at < to) yield { start: at, end: to, state: "absent" };
}

async function* knownStates(
  memory: Memory,
  from: bigint,
  to: bigint,
  signal: AbortSignal | undefined,
): AsyncIterable<MemoryStateRange> {
  if (memory.states) yield* memory.states(from, to, signal);
  else for await (const { start, end } of memory.ranges(from, to, signal)) yield { start, end, state: "captured" };
}

function pieceOf({ address, length, state, bytes }: MemorySegment): ContentPiece {
  return { start: address, end: address + BigInt(length), state, ...(bytes && { bytes }) };
}
