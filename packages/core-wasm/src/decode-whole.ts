/** Decoding at once: the pieces put together in one array. */
import { DecodedPieces } from "./decode-pieces.js";
import { type DecodeResult, decodeError } from "./decode-result.js";
import type { Decoder, DecodeWholeOptions, OutputSize } from "./decoder.js";

/**
 * Up to here the output is decoded as one piece and copied once: new arrays of that size mostly lie in memory that was used before.
 * Larger ones come from the system page by page, and then the less memory is touched besides, the better.
 */
const ONE_PIECE_BYTES = 4 * 1024 * 1024;

/** Throws a `RangeError` only when `size.bytes` is no non-negative integer, or `into` has fewer bytes. */
export function decodeWhole(decoder: Decoder, source: Uint8Array, size: OutputSize, options: DecodeWholeOptions): DecodeResult {
  const { into } = options;
  if (into && into.length < size.bytes) {
    throw new RangeError(`The array for the output has ${into.length} bytes, and ${size.bytes} are asked for`);
  }
  // One byte more than there can be, so that the first piece comes with the end of the data.
  const pieces = DecodedPieces.open(decoder, source, size, options, (limit) =>
    into || limit > ONE_PIECE_BYTES ? undefined : limit + 1,
  );
  if (!(pieces instanceof DecodedPieces)) return pieces;
  try {
    return gather(pieces, into);
  } catch (error) {
    // Allocating the result is the only way to get here.
    if (error instanceof RangeError) return decodeError("memory", 0);
    throw error;
  } finally {
    pieces.release();
  }
}

function gather(pieces: DecodedPieces, into: Uint8Array<ArrayBuffer> | undefined): DecodeResult {
  const first = pieces.next();
  let bytes: Uint8Array<ArrayBuffer>;
  let filled = first?.length ?? 0;
  if (!into && pieces.end) {
    bytes = first ? (first.slice() as Uint8Array<ArrayBuffer>) : new Uint8Array(0);
  } else {
    // Not before there is a first piece: until then nothing but claims speaks for it.
    bytes = into ?? new Uint8Array(pieces.limit);
    if (first) bytes.set(first);
    for (let piece = pieces.next(); piece; piece = pieces.next()) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
  }
  const { end } = pieces;
  if (!end?.ok) return end ?? decodeError("memory", 0);
  return { ...end, bytes: filled === bytes.length ? bytes : into ? bytes.subarray(0, filled) : bytes.slice(0, filled) };
}
