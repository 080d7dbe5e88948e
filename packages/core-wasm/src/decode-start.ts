/** The first bytes of compressed data, decoded no further than they reach. */
import { DecodedPieces } from "./decode-pieces.js";
import type { DecodeError } from "./decode-result.js";
import type { DecodeOptions, Decoder } from "./decoder.js";

/** `bytes`: as many as were wanted or more, unless the data has fewer. They tell nothing about the soundness of what follows them. */
export type DecodedStart = { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> } | DecodeError;

export function decodeStart(
  decoder: Decoder,
  source: Uint8Array,
  limit: number,
  wanted: number,
  options: DecodeOptions,
): DecodedStart {
  if (!Number.isInteger(wanted) || wanted < 0 || !Number.isInteger(limit) || limit < 0) {
    throw new RangeError(`The numbers of bytes must be non-negative integers, not ${wanted} and ${limit}`);
  }
  // A decoder that is asked for no bytes makes no progress.
  if (wanted === 0) return { ok: true, bytes: new Uint8Array(0) };
  const pieces = DecodedPieces.openStart(decoder, source, limit, wanted, options);
  if (!(pieces instanceof DecodedPieces)) return pieces;
  try {
    const piece = pieces.next();
    if (piece) return { ok: true, bytes: piece.slice() as Uint8Array<ArrayBuffer> };
    return pieces.end?.ok === false ? pieces.end : { ok: true, bytes: new Uint8Array(0) };
  } finally {
    pieces.release();
  }
}
