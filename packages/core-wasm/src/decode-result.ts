/** The outcome of decoding. Hostile or damaged data is an outcome, never an exception. */
export type DecodeResult = DecodedBytes | DecodeError;

/** Compressed data that was decoded to its end. */
export interface DecodedBytes {
  readonly ok: true;
  /** The decoded bytes: a new array, or the start of `into`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the source up to the end of the compressed data. */
  readonly consumed: number;
  /** Zero bytes behind the data, 0 to 7: padding that some writers add. */
  readonly trailingZeros: number;
}

/** Why compressed data cannot be decoded, and where. */
export interface DecodeError {
  readonly ok: false;
  readonly reason: DecodeFailure;
  /** Offset in the source at which the failure was found; 0 when it concerns all of the data. */
  readonly at: number;
  /** With the reason `window`: the window that the data needs, in bytes; 2^32 - 1 stands for that size and any larger one. */
  readonly window?: number;
}

/** The reasons of kernels, in the order of their status numbers, which begin at 1 (`Status` in assembly/codec/report.ts). */
export const DECODE_FAILURES = [
  /** The source ends before the data does. */
  "truncated",
  /** The data contradicts its format. */
  "malformed",
  /** The data holds more bytes than the output may take. */
  "exceeds",
  /** The data is whole but holds, or says it holds, another number of bytes than expected. */
  "size-mismatch",
  /** A checksum over header, block or content differs. */
  "checksum",
  /** The data needs a dictionary. */
  "dictionary",
  /** The data needs a larger window than allowed. */
  "window",
  /** Not this format, or a part of it that is refused on purpose. */
  "unsupported",
  /** Something other than up to 7 zero bytes follows the data. */
  "trailing-data",
] as const;

/**
 * A reason of the kernels; `implausible-size` when no data of the source's length can yield as many bytes as expected; `memory` when linear
 * memory has no room for source and output.
 */
export type DecodeFailure = (typeof DECODE_FAILURES)[number] | "implausible-size" | "memory";

export function decodeError(reason: DecodeFailure, at: number): DecodeError {
  return { ok: false, reason, at };
}
