/** Zstandard (RFC 8878) without dictionaries, of known and of unknown size. */
import type { DecodeResult } from "./decode-result.js";
import { type DecodeOptions, type Decoder, decode } from "./decoder.js";

export interface ZstdOptions extends DecodeOptions {
  /** The largest window a frame may ask for, in bytes. Default 128 MiB. */
  readonly windowLimit?: number;
}

const DEFAULT_WINDOW_LIMIT = 128 * 1024 * 1024;
const LARGEST_WINDOW_LIMIT = 0xffff_ffff;

/**
 * Decodes Zstandard data that holds exactly `expectedSize` bytes: one frame, or several (and skippable ones) that yield them
 * together. Up to 7 zero bytes may follow. Throws a `RangeError` only when a size is no non-negative integer.
 */
export function decodeZstd(source: Uint8Array, expectedSize: number, options: ZstdOptions = {}): DecodeResult {
  return decode(zstd(options, true), source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one Zstandard frame of unknown size, which may be `maximumSize` bytes at most. Up to 7 zero bytes may follow; another
 * frame is trailing data. Throws a `RangeError` only when a size is no non-negative integer.
 */
export function decodeZstdUpTo(source: Uint8Array, maximumSize: number, options: ZstdOptions = {}): DecodeResult {
  return decode(zstd(options, false), source, { bytes: maximumSize, exact: false }, options);
}

function zstd(options: ZstdOptions, exact: boolean): Decoder {
  const windowLimit = options.windowLimit ?? DEFAULT_WINDOW_LIMIT;
  if (!Number.isInteger(windowLimit) || windowLimit < 0) {
    throw new RangeError(`The window limit must be a non-negative integer, not ${windowLimit}`);
  }
  const limitingWindow = Math.min(windowLimit, LARGEST_WINDOW_LIMIT);
  const flag = Number(exact);
  return {
    workspaceSize: (kernels) => kernels.zstdWorkspaceSize(),
    plausibleSize: (length) => 32_768 * length + 131_072,
    measure: (kernels, { source, length, workspace }) => kernels.zstdMeasure(source, length, flag, limitingWindow, workspace),
    decode: (kernels, { source, length, workspace }, destination, limit) =>
      kernels.zstdDecode(source, length, destination, limit, flag, limitingWindow, workspace),
  };
}
