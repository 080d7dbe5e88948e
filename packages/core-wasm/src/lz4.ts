/** LZ4: raw blocks and frames are decoded, raw blocks are encoded. */
import type { Core } from "./core.js";
import { type DecodedStart, decodePieces, decodeStart, decodeWhole, type Format } from "./decode.js";
import type { DecodedPieces } from "./decode-pieces.js";
import type { DecodeError, DecodeResult } from "./decode-result.js";
import { type DecodeOptions, type Decoder, type DecodeWholeOptions, mostDecodedBytes, type OutputSize } from "./decoder.js";
import { type Encoder, encode, encodedBound, encodeInto } from "./encoder.js";
import { LZ4_REACH } from "./layout.js";
import { BYTES, CORE } from "./require-options.js";

/**
 * Decodes a raw LZ4 block that holds exactly `expectedSize` bytes. The block ends where that many bytes are complete behind literals. Up to 7
 * zero bytes may follow. Throws a `RangeError` only when the size is no non-negative integer, or `into` is too short.
 */
export function decodeLz4Block(source: Uint8Array, expectedSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  return decodeWhole("decodeLz4Block", BLOCK, source, { bytes: expectedSize, exact: true }, options);
}

/** Decodes as `decodeLz4Block` does, in pieces of 256 KiB. Throws a `RangeError` only when the size is no non-negative integer. */
export function decodeLz4BlockPieces(
  source: Uint8Array,
  expectedSize: number,
  options: DecodeOptions = {},
): DecodedPieces | DecodeError {
  return decodePieces("decodeLz4BlockPieces", BLOCK, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes the first `wanted` bytes, or some more, of a raw LZ4 block that holds `expectedSize` bytes. The data behind them is not read, and may
 * be cut off. Throws a `RangeError` when a number is no non-negative integer.
 */
export function decodeLz4BlockStart(
  source: Uint8Array,
  expectedSize: number,
  wanted: number,
  options: DecodeOptions = {},
): DecodedStart {
  return decodeStart("decodeLz4BlockStart", BLOCK, source, { bytes: expectedSize, exact: true }, wanted, options);
}

/** Decodes the first bytes of one LZ4 frame, as `decodeLz4BlockStart` does of a block. */
export function decodeLz4FrameStart(
  source: Uint8Array,
  size: OutputSize,
  wanted: number,
  options: DecodeOptions = {},
): DecodedStart {
  return decodeStart("decodeLz4FrameStart", FRAME, source, size, wanted, options);
}

/**
 * Decodes one LZ4 frame that holds exactly `expectedSize` bytes. Up to 7 zero bytes may follow. Throws a `RangeError` only when the size is no
 * non-negative integer, or `into` is too short.
 */
export function decodeLz4Frame(source: Uint8Array, expectedSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  return decodeWhole("decodeLz4Frame", FRAME, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one LZ4 frame that holds at most `maximumSize` bytes. Up to 7 zero bytes may follow. Throws a `RangeError` only when the size is no
 * non-negative integer, or `into` is too short.
 */
export function decodeLz4FrameUpTo(source: Uint8Array, maximumSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  return decodeWhole("decodeLz4FrameUpTo", FRAME, source, { bytes: maximumSize, exact: false }, options);
}

/** Decodes as `decodeLz4Frame` (`size.exact`) or `decodeLz4FrameUpTo` do, in pieces of 256 KiB. Throws as they do. */
export function decodeLz4FramePieces(
  source: Uint8Array,
  size: OutputSize,
  options: DecodeOptions = {},
): DecodedPieces | DecodeError {
  return decodePieces("decodeLz4FramePieces", FRAME, source, size, options);
}

/**
 * Encodes one raw LZ4 block, without its size. The same bytes give the same block.
 *
 * `bytes`: up to 2,113,929,216 of them. Bytes in the memory of `core` are not copied. Default of `core`: the shared one, or for more than 128 MiB
 * one that is dropped after the call. Throws a `RangeError` for more bytes, or when linear memory has no room.
 */
export function encodeLz4Block(bytes: Uint8Array, core?: Core): Uint8Array<ArrayBuffer> {
  return encode(BLOCK_ENCODER, bytes, core);
}

/**
 * Encodes as `encodeLz4Block` does, to the start of `output`, which has at least `lz4BlockBound(bytes.length)` bytes and does not overlap
 * `bytes`. Returns the length of the block. Output in the memory of `core` is not copied; see `encodeZstdInto`. Throws a `RangeError` for an
 * output that is too short, too.
 */
export function encodeLz4BlockInto(bytes: Uint8Array, output: Uint8Array, core?: Core): number {
  return encodeInto(BLOCK_ENCODER, bytes, output, core);
}

/** The most bytes that the block for `length` bytes takes. Throws a `RangeError` unless `length` is an integer from 0 to 2,113,929,216. */
export function lz4BlockBound(length: number, core?: Core): number {
  return encodedBound(BLOCK_ENCODER, length, core);
}

const OPTIONS = { core: CORE };
const WHOLE_OPTIONS = { core: CORE, into: BYTES };

const BLOCK: Format<DecodeOptions> = {
  options: OPTIONS,
  wholeOptions: WHOLE_OPTIONS,
  decoder: () =>
    decoderOf({
      measure: null,
      begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
        kernels.lz4BeginBlock(source, length, area, areaSize, limit, workspace),
      continue: (kernels, workspace, wanted) => kernels.lz4ContinueBlock(workspace, wanted),
    }),
};

const FRAME: Format<DecodeOptions> = {
  options: OPTIONS,
  wholeOptions: WHOLE_OPTIONS,
  decoder: (_, { exact }) =>
    decoderOf({
      measure: (kernels, { source, length, workspace }) => kernels.lz4MeasureFrame(source, length, workspace),
      begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
        kernels.lz4BeginFrame(source, length, area, areaSize, limit, Number(exact), workspace),
      continue: (kernels, workspace, wanted) => kernels.lz4ContinueFrame(workspace, wanted),
    }),
};

function decoderOf({ measure, begin, continue: continued }: Pick<Decoder, "measure" | "begin" | "continue">): Decoder {
  return {
    workspaceSize: (exports) => exports.lz4WorkspaceSize(),
    plausibleSize: (length) => mostDecodedBytes("lz4", length),
    reach: LZ4_REACH,
    pieceExcess: () => 0,
    measure,
    begin,
    continue: continued,
  };
}

const BLOCK_ENCODER: Encoder = {
  bound: (kernels, length) => kernels.lz4EncodeBound(length),
  workspaceSize: (kernels, length) => kernels.lz4EncodeWorkspaceSize(length),
  encode: (kernels, { source, length, destination, workspace }) => kernels.lz4EncodeBlock(source, length, destination, workspace),
};
