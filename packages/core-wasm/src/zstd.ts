/** Zstandard (RFC 8878) without dictionaries: decoding of data of known and of unknown size, encoding at two levels. */
import type { Core } from "./core.js";
import { type DecodedStart, decodePieces, decodeStart, decodeWhole, type Format } from "./decode.js";
import type { DecodedPieces } from "./decode-pieces.js";
import type { DecodeError, DecodeResult } from "./decode-result.js";
import { type DecodeOptions, type Decoder, type DecodeWholeOptions, mostDecodedBytes, type OutputSize } from "./decoder.js";
import { type Encoder, encode, encodedBound, encodeInto } from "./encoder.js";
import { BYTES, CORE, COUNT } from "./require-options.js";

interface WindowOption {
  /**
   * The largest window that a frame may demand, in bytes. Decoding in pieces holds at most that many bytes and 2 MiB more. Default 128 MiB.
   */
  readonly windowLimit?: number;
}

/** Options of `decodeZstd`. */
export interface ZstdOptions extends DecodeWholeOptions, WindowOption {}
/** Options of `decodeZstdPieces`. */
export interface ZstdPiecesOptions extends DecodeOptions, WindowOption {}

const DEFAULT_WINDOW_LIMIT = 128 * 1024 * 1024;
const LARGEST_WINDOW_LIMIT = 0xffff_ffff;

/**
 * Decodes Zstandard data that holds exactly `expectedSize` bytes: one frame, or several (and skippable ones) that yield them together. Up to 7
 * zero bytes may follow. Throws a `RangeError` only when a size is no non-negative integer, or `into` is too short.
 */
export function decodeZstd(source: Uint8Array, expectedSize: number, options: ZstdOptions = {}): DecodeResult {
  return decodeWhole("decodeZstd", ZSTD, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one Zstandard frame that holds at most `maximumSize` bytes. Up to 7 zero bytes may follow; another frame is trailing data. Throws a
 * `RangeError` only when a size is no non-negative integer, or `into` is too short.
 */
export function decodeZstdUpTo(source: Uint8Array, maximumSize: number, options: ZstdOptions = {}): DecodeResult {
  return decodeWhole("decodeZstdUpTo", ZSTD, source, { bytes: maximumSize, exact: false }, options);
}

/**
 * Decodes as `decodeZstd` (`size.exact`) or `decodeZstdUpTo` do, in pieces of 256 to 384 KiB, in memory for the frame's window and up to 2 MiB
 * more. Throws a `RangeError` only when a size is no non-negative integer.
 */
export function decodeZstdPieces(
  source: Uint8Array,
  size: OutputSize,
  options: ZstdPiecesOptions = {},
): DecodedPieces | DecodeError {
  return decodePieces("decodeZstdPieces", ZSTD, source, size, options);
}

/**
 * Decodes the first `wanted` bytes, or up to 4 KiB more, of data that `decodeZstd` (`size.exact`) or `decodeZstdUpTo` decodes. The data behind
 * them is not read, and may be cut off. Throws a `RangeError` when a number is no non-negative integer.
 */
export function decodeZstdStart(
  source: Uint8Array,
  size: OutputSize,
  wanted: number,
  options: ZstdPiecesOptions = {},
): DecodedStart {
  return decodeStart("decodeZstdStart", ZSTD_START, source, size, wanted, options);
}

/** The names of `Level` in assembly/zstd/encode/level.ts, in its order. */
export const ZSTD_LEVELS = ["fast", "default"] as const;
/** `fast` takes the first match that it finds; `default` searches for longer matches, which takes more time. */
export type ZstdLevel = (typeof ZSTD_LEVELS)[number];

/**
 * Encodes one frame with its content size, without checksum and dictionary, for decoders that allow windows of 4 MiB (`default`) or 1 MiB
 * (`fast`). The same bytes give the same frame.
 *
 * `bytes`: up to 2,113,929,216 of them. Bytes in the memory of `core` are not copied. Default of `core`: the shared one, or for more than 128 MiB
 * one that is dropped after the call. Throws a `RangeError` for more bytes, or when linear memory has no room; a `TypeError` for another level.
 */
export function encodeZstd(bytes: Uint8Array, level: ZstdLevel = "fast", core?: Core): Uint8Array<ArrayBuffer> {
  return encode(encoderOf(level), bytes, core);
}

/**
 * Encodes as `encodeZstd` does, to the start of `output`, which has at least `zstdBound(bytes.length)` bytes and does not overlap `bytes`. Returns
 * the length of the frame. Output in the memory of `core` is not copied. A memory that is not shared may grow during the call, which detaches
 * views of it: acquire the areas of all calls first, or make new views. Throws a `RangeError` for an output that is too short, too.
 */
export function encodeZstdInto(bytes: Uint8Array, output: Uint8Array, level: ZstdLevel = "fast", core?: Core): number {
  return encodeInto(encoderOf(level), bytes, output, core);
}

/**
 * The most bytes that the frame for `length` bytes takes, at any level. Throws a `RangeError` unless `length` is an integer from 0 to
 * 2,113,929,216.
 */
export function zstdBound(length: number, core?: Core): number {
  return encodedBound(encoderOf("fast"), length, core);
}

const OPTIONS = { core: CORE, windowLimit: COUNT };
const WHOLE_OPTIONS = { core: CORE, windowLimit: COUNT, into: BYTES };

const ZSTD: Format<ZstdPiecesOptions> = { options: OPTIONS, wholeOptions: WHOLE_OPTIONS, decoder: decoderOf };

/** Stops inside a block, after the wanted bytes. */
const ZSTD_START: Format<ZstdPiecesOptions> = {
  options: OPTIONS,
  wholeOptions: WHOLE_OPTIONS,
  decoder: (options, size) => decoderFor(options, size, (kernels, workspace, wanted) => kernels.zstdStart(workspace, wanted)),
};

function decoderOf(options: WindowOption, size: OutputSize): Decoder {
  return decoderFor(options, size, (kernels, workspace, wanted) => kernels.zstdContinue(workspace, wanted));
}

function decoderFor(
  { windowLimit = DEFAULT_WINDOW_LIMIT }: WindowOption,
  { exact }: OutputSize,
  continued: Decoder["continue"],
): Decoder {
  const limitingWindow = Math.min(windowLimit, LARGEST_WINDOW_LIMIT);
  const flag = Number(exact);
  return {
    workspaceSize: (kernels) => kernels.zstdWorkspaceSize(),
    plausibleSize: (length) => mostDecodedBytes("zstd", length),
    measure: (kernels, { source, length, workspace }) => kernels.zstdMeasure(source, length, flag, limitingWindow, workspace),
    reach: 0,
    pieceExcess: (kernels) => kernels.zstdPieceExcess(),
    begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
      kernels.zstdBegin(source, length, area, areaSize, limit, flag, limitingWindow, workspace),
    continue: continued,
  };
}

/** Throws a `TypeError` for a level that does not exist. */
function encoderOf(name: ZstdLevel): Encoder {
  const level = ZSTD_LEVELS.indexOf(name);
  if (level < 0) throw new TypeError(`encodeZstd has the levels ${ZSTD_LEVELS.join(" and ")}, and not ${String(name)}`);
  return {
    bound: (kernels, length) => kernels.zstdEncodeBound(length),
    workspaceSize: (kernels, length) => kernels.zstdEncodeWorkspaceSize(length, level),
    encode: (kernels, { source, length, destination, workspace }) =>
      kernels.zstdEncode(source, length, destination, level, workspace),
  };
}
