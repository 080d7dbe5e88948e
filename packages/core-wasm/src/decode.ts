/** The three ways to decode the data of a format: at once, in pieces, or the first bytes alone. Checks options first. */
import { DecodedPieces } from "./decode-pieces.js";
import { type DecodeError, type DecodeResult, decodeError } from "./decode-result.js";
import type { DecodeOptions, Decoder, DecodeWholeOptions, OutputSize } from "./decoder.js";
import { type OptionChecks, requireOptions } from "./require-options.js";

/** A format: the options of its functions (`wholeOptions`: of functions that decode at once), and its decoder for options and a size. */
export interface Format<Options extends DecodeOptions> {
  readonly options: OptionChecks<Options>;
  readonly wholeOptions: OptionChecks<Options & DecodeWholeOptions>;
  decoder(options: Options, size: OutputSize): Decoder;
}

/** `bytes`: at least the wanted bytes, fewer only if the data has fewer. Data behind these bytes may be damaged. */
export type DecodedStart = { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> } | DecodeError;

/**
 * Up to this size the output is decoded as one piece and copied once, because new arrays of that size mostly lie in memory that was used before.
 * The system provides larger arrays page by page; then decoding is faster when it touches less memory besides.
 */
const ONE_PIECE_BYTES = 4 * 1024 * 1024;

/**
 * Decodes at once. `of`: the public function. Throws a `RangeError` when `size.bytes` is no non-negative integer, or `into` has fewer
 * bytes.
 */
export function decodeWhole<Options extends DecodeOptions>(
  of: string,
  format: Format<Options>,
  source: Uint8Array,
  size: OutputSize,
  options: Options & DecodeWholeOptions,
): DecodeResult {
  requireOptions(of, format.wholeOptions, options);
  const { into } = options;
  if (into && into.length < size.bytes) {
    throw new RangeError(`The array for the output has ${into.length} bytes, and ${size.bytes} are asked for`);
  }
  // One byte more than the output can have, so that the first piece comes with the end of the data.
  const pieces = DecodedPieces.open(format.decoder(options, size), source, size, options, (limit) =>
    into || limit > ONE_PIECE_BYTES ? undefined : limit + 1,
  );
  if (!(pieces instanceof DecodedPieces)) return pieces;
  try {
    return gather(pieces, into);
  } catch (error) {
    // Only the allocation of the result throws a RangeError.
    if (error instanceof RangeError) return decodeError("memory", 0);
    throw error;
  } finally {
    pieces.release();
  }
}

/** Decodes in pieces. Throws a `RangeError` when `size.bytes` is no non-negative integer. */
export function decodePieces<Options extends DecodeOptions>(
  of: string,
  format: Format<Options>,
  source: Uint8Array,
  size: OutputSize,
  options: Options,
): DecodedPieces | DecodeError {
  requireOptions(of, format.options, options);
  return DecodedPieces.open(format.decoder(options, size), source, size, options);
}

/** Decodes the first `wanted` bytes or some more. Throws a `RangeError` when a number of bytes is no non-negative integer. */
export function decodeStart<Options extends DecodeOptions>(
  of: string,
  format: Format<Options>,
  source: Uint8Array,
  size: OutputSize,
  wanted: number,
  options: Options,
): DecodedStart {
  requireOptions(of, format.options, options);
  if (!Number.isInteger(wanted) || wanted < 0 || !Number.isInteger(size.bytes) || size.bytes < 0) {
    throw new RangeError(`The numbers of bytes must be non-negative integers, not ${wanted} and ${size.bytes}`);
  }
  // A decoder from which no bytes are wanted would make no progress.
  if (wanted === 0) return { ok: true, bytes: new Uint8Array(0) };
  const pieces = DecodedPieces.openStart(format.decoder(options, size), source, size.bytes, wanted, options);
  if (!(pieces instanceof DecodedPieces)) return pieces;
  try {
    const piece = pieces.next();
    if (piece) return { ok: true, bytes: piece.slice() as Uint8Array<ArrayBuffer> };
    return pieces.end?.ok === false ? pieces.end : { ok: true, bytes: new Uint8Array(0) };
  } finally {
    pieces.release();
  }
}

/** Puts the pieces together in one array. */
function gather(pieces: DecodedPieces, into: Uint8Array<ArrayBuffer> | undefined): DecodeResult {
  const first = pieces.next();
  let bytes: Uint8Array<ArrayBuffer>;
  let filled = first?.length ?? 0;
  if (!into && pieces.end) {
    bytes = first ? (first.slice() as Uint8Array<ArrayBuffer>) : new Uint8Array(0);
  } else {
    // Allocated only after the first piece: until then the size is only stated by the data.
    bytes = into ?? new Uint8Array(pieces.limit);
    if (first) bytes.set(first);
    for (let piece = pieces.next(); piece; piece = pieces.next()) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
  }
  const { end } = pieces;
  if (!end?.ok) return end ?? decodeError("memory", 0);
  const { consumed, trailingZeros } = end;
  // Field by field: V8 keeps a hidden class of a KiB with each object that a spread made, until its next full collection.
  return { ok: true, bytes: exactly(filled, bytes, into !== undefined), consumed, trailingZeros };
}

/** The first `length` bytes: a view of an array of the caller, a copy of a longer array that nobody else has. */
function exactly(length: number, bytes: Uint8Array<ArrayBuffer>, ofCaller: boolean): Uint8Array<ArrayBuffer> {
  if (length === bytes.length) return bytes;
  return ofCaller ? bytes.subarray(0, length) : bytes.slice(0, length);
}
