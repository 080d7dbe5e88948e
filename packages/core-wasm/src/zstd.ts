/** Zstandard (RFC 8878) without dictionaries, of known and of unknown size. */
import { DecodedPieces } from "./decode-pieces.js";
import type { DecodeError, DecodeResult } from "./decode-result.js";
import { type DecodedStart, decodeStart } from "./decode-start.js";
import { decodeWhole } from "./decode-whole.js";
import {
  type DecodeOptions,
  type Decoder,
  type DecodeWholeOptions,
  type OutputSize,
  PIECES_OPTIONS,
  WHOLE_OPTIONS,
} from "./decoder.js";
import { mostDecodedBytes } from "./expansion.js";
import { COUNT, type OptionChecks, requireOptions } from "./require-options.js";

interface WindowOption {
  /** The largest window a frame may ask for, in bytes: so many and 2 MiB more are held at most to decode in pieces. Default 128 MiB. */
  readonly windowLimit?: number;
}

export interface ZstdOptions extends DecodeWholeOptions, WindowOption {}
export interface ZstdPiecesOptions extends DecodeOptions, WindowOption {}

const ZSTD_OPTIONS: OptionChecks<ZstdOptions> = { ...WHOLE_OPTIONS, windowLimit: COUNT };
const ZSTD_PIECES_OPTIONS: OptionChecks<ZstdPiecesOptions> = { ...PIECES_OPTIONS, windowLimit: COUNT };
const DEFAULT_WINDOW_LIMIT = 128 * 1024 * 1024;
const LARGEST_WINDOW_LIMIT = 0xffff_ffff;

/**
 * Decodes Zstandard data that holds exactly `expectedSize` bytes: one frame, or several (and skippable ones) that yield them
 * together. Up to 7 zero bytes may follow. Throws a `RangeError` only when a size is no non-negative integer, or `into` too small.
 */
export function decodeZstd(source: Uint8Array, expectedSize: number, options: ZstdOptions = {}): DecodeResult {
  requireOptions("decodeZstd", ZSTD_OPTIONS, options);
  return decodeWhole(zstd(options, true), source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one Zstandard frame of unknown size, which may be `maximumSize` bytes at most. Up to 7 zero bytes may follow; another
 * frame is trailing data. Throws a `RangeError` only when a size is no non-negative integer, or `into` too small.
 */
export function decodeZstdUpTo(source: Uint8Array, maximumSize: number, options: ZstdOptions = {}): DecodeResult {
  requireOptions("decodeZstdUpTo", ZSTD_OPTIONS, options);
  return decodeWhole(zstd(options, false), source, { bytes: maximumSize, exact: false }, options);
}

/**
 * Decodes like `decodeZstd` (`size.exact`) or `decodeZstdUpTo` in pieces of 256 to 384 KiB, in memory of the frame's window and up to 2 MiB.
 * Throws a `RangeError` only when a size is no non-negative integer.
 */
export function decodeZstdPieces(
  source: Uint8Array,
  size: OutputSize,
  options: ZstdPiecesOptions = {},
): DecodedPieces | DecodeError {
  requireOptions("decodeZstdPieces", ZSTD_PIECES_OPTIONS, options);
  return DecodedPieces.open(zstd(options, size.exact), source, size, options);
}

/**
 * The first `wanted` bytes, or up to 4 KiB more, of data that `decodeZstd` (`size.exact`) or `decodeZstdUpTo` decodes. Nothing behind them is
 * looked at: `source` may be cut off there. Throws a `RangeError` when a number is no non-negative integer.
 */
export function decodeZstdStart(
  source: Uint8Array,
  size: OutputSize,
  wanted: number,
  options: ZstdPiecesOptions = {},
): DecodedStart {
  requireOptions("decodeZstdStart", ZSTD_PIECES_OPTIONS, options);
  const decoder: Decoder = {
    ...zstd(options, size.exact),
    continue: (kernels, workspace, most) => kernels.zstdStart(workspace, most),
  };
  return decodeStart(decoder, source, size.bytes, wanted, options);
}

function zstd(options: WindowOption, exact: boolean): Decoder {
  const limitingWindow = Math.min(options.windowLimit ?? DEFAULT_WINDOW_LIMIT, LARGEST_WINDOW_LIMIT);
  const flag = Number(exact);
  return {
    workspaceSize: (kernels) => kernels.zstdWorkspaceSize(),
    plausibleSize: (length) => mostDecodedBytes("zstd", length),
    measure: (kernels, { source, length, workspace }) => kernels.zstdMeasure(source, length, flag, limitingWindow, workspace),
    reach: 0,
    pieceExcess: (kernels) => kernels.zstdPieceExcess(),
    begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
      kernels.zstdBegin(source, length, area, areaSize, limit, flag, limitingWindow, workspace),
    continue: (kernels, workspace, wanted) => kernels.zstdContinue(workspace, wanted),
  };
}
