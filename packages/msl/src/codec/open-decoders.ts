/**
 * Decoders in pieces that were left open, so that reading on continues. All captures of a process share them: what they hold is
 * bounded, whether captures are closed or forgotten.
 */
import { DecodedPieces, type DecodeError } from "@memslice/core-wasm";
import { decodeInPieces } from "./codecs.js";
import type { PieceData } from "./piece-data.js";

/** A decoder and where its current piece begins in the output. */
export interface OpenDecoder {
  readonly pieces: DecodedPieces;
  start: number;
}

/** Bytes of linear memory that decoders may hold beside the one that is in use. */
const HELD_BYTES = 6 * 1024 * 1024;

/** In the order of their last use. */
const open = new Map<PieceData, OpenDecoder>();
let turn: Promise<unknown> = Promise.resolve();

/** One after the other: what is in use must not be closed. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work);
  turn = result.catch(() => {});
  return result;
}

/** The decoder of this data that is open at `offset` or before it. */
export function openDecoder(data: PieceData, offset: number): OpenDecoder | undefined {
  const decoder = open.get(data);
  if (!decoder || decoder.start > offset) return undefined;
  open.delete(data);
  open.set(data, decoder);
  return decoder;
}

/** Begins to decode; the decoder stays open until `closeDecoder`, or until others need its place. */
export function beginDecoder(stored: Uint8Array, data: PieceData): OpenDecoder | DecodeError {
  closeDecoder(data);
  let held = 0;
  for (const { pieces } of open.values()) held += pieces.held;
  for (const [oldest, { pieces }] of open) {
    if (held <= HELD_BYTES) break;
    held -= pieces.held;
    closeDecoder(oldest);
  }
  const pieces = decodeInPieces(data.codec, stored.subarray(data.at), data.size, data.windowLimit);
  if (!(pieces instanceof DecodedPieces)) return pieces;
  const decoder = { pieces, start: 0 };
  open.set(data, decoder);
  return decoder;
}

export function closeDecoder(data: PieceData): void {
  open.get(data)?.pieces.release();
  open.delete(data);
}
