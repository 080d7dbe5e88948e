/** The outcome of decoding compressed bytes. Hostile or damaged input is an outcome, never an exception. */
export type DecodeResult = DecodedBytes | DecodeError;

export interface DecodedBytes {
  readonly ok: true;
  /** The decoded bytes, in a buffer of their own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the source up to the end of the compressed data. */
  readonly consumed: number;
  /** Zero bytes after them, 0 to 7: padding that some writers add. */
  readonly trailingZeros: number;
}

export interface DecodeError {
  readonly ok: false;
  readonly reason: DecodeFailure;
  /** Offset in the source of what the failure is about; 0 when it is about the whole. */
  readonly at: number;
  /** With `window`: the window that the data needs, in bytes; 2^32 - 1 stands for that many and more. */
  readonly window?: number;
}

/** In the order of the kernels' status numbers, which begin at 1 (0 is success). */
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
 * Besides the kernels' failures: `implausible-size` when no data of the source's length can hold as many bytes as expected,
 * `memory` when linear memory cannot hold source and output.
 */
export type DecodeFailure = (typeof DECODE_FAILURES)[number] | "implausible-size" | "memory";

export function decodeError(reason: DecodeFailure, at: number): DecodeError {
  return { ok: false, reason, at };
}
