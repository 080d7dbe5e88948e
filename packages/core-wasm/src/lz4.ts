/** LZ4 blocks and frames: raw blocks of known size, frames of known and of unknown size. */
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
import { LZ4_REACH } from "./layout.js";
import { requireOptions } from "./require-options.js";

/**
 * Decodes a raw LZ4 block that holds exactly `expectedSize` bytes. It ends where that many bytes are complete after a literal
 * run; up to 7 zero bytes may follow. Throws a `RangeError` only when the size is no non-negative integer, or `into` too small.
 */
export function decodeLz4Block(source: Uint8Array, expectedSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  requireOptions("decodeLz4Block", WHOLE_OPTIONS, options);
  return decodeWhole(BLOCK, source, { bytes: expectedSize, exact: true }, options);
}

/** Decodes like `decodeLz4Block` in pieces of 256 KiB. Throws a `RangeError` only when the size is no non-negative integer. */
export function decodeLz4BlockPieces(
  source: Uint8Array,
  expectedSize: number,
  options: DecodeOptions = {},
): DecodedPieces | DecodeError {
  requireOptions("decodeLz4BlockPieces", PIECES_OPTIONS, options);
  return DecodedPieces.open(BLOCK, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * The first `wanted` bytes, or some more, of a raw LZ4 block that holds `expectedSize` bytes. Nothing behind them is looked at: `source` may be cut
 * off there. Throws a `RangeError` when a number is no non-negative integer.
 */
export function decodeLz4BlockStart(
  source: Uint8Array,
  expectedSize: number,
  wanted: number,
  options: DecodeOptions = {},
): DecodedStart {
  requireOptions("decodeLz4BlockStart", PIECES_OPTIONS, options);
  return decodeStart(BLOCK, source, expectedSize, wanted, options);
}

/** `decodeLz4BlockStart` for one LZ4 frame. */
export function decodeLz4FrameStart(
  source: Uint8Array,
  size: OutputSize,
  wanted: number,
  options: DecodeOptions = {},
): DecodedStart {
  requireOptions("decodeLz4FrameStart", PIECES_OPTIONS, options);
  return decodeStart(size.exact ? EXACT_FRAME : FRAME, source, size.bytes, wanted, options);
}

/**
 * Decodes one LZ4 frame that holds exactly `expectedSize` bytes. Up to 7 zero bytes may follow. Throws a `RangeError` only when
 * the size is no non-negative integer, or `into` too small.
 */
export function decodeLz4Frame(source: Uint8Array, expectedSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  requireOptions("decodeLz4Frame", WHOLE_OPTIONS, options);
  return decodeWhole(EXACT_FRAME, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one LZ4 frame of unknown size, which may be `maximumSize` bytes at most. Up to 7 zero bytes may follow. Throws a
 * `RangeError` only when the size is no non-negative integer, or `into` too small.
 */
export function decodeLz4FrameUpTo(source: Uint8Array, maximumSize: number, options: DecodeWholeOptions = {}): DecodeResult {
  requireOptions("decodeLz4FrameUpTo", WHOLE_OPTIONS, options);
  return decodeWhole(FRAME, source, { bytes: maximumSize, exact: false }, options);
}

/** Decodes like `decodeLz4Frame` (`size.exact`) or `decodeLz4FrameUpTo` in pieces of 256 KiB. Throws as they do. */
export function decodeLz4FramePieces(
  source: Uint8Array,
  size: OutputSize,
  options: DecodeOptions = {},
): DecodedPieces | DecodeError {
  requireOptions("decodeLz4FramePieces", PIECES_OPTIONS, options);
  return DecodedPieces.open(size.exact ? EXACT_FRAME : FRAME, source, size, options);
}

const BLOCK: Decoder = {
  workspaceSize: (kernels) => kernels.lz4WorkspaceSize(),
  plausibleSize,
  measure: null,
  reach: LZ4_REACH,
  pieceExcess: () => 0,
  begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
    kernels.lz4BeginBlock(source, length, area, areaSize, limit, workspace),
  continue: (kernels, workspace, wanted) => kernels.lz4ContinueBlock(workspace, wanted),
};

const EXACT_FRAME = frame(true);
const FRAME = frame(false);

function frame(exact: boolean): Decoder {
  const flag = Number(exact);
  return {
    workspaceSize: (kernels) => kernels.lz4WorkspaceSize(),
    plausibleSize,
    measure: (kernels, { source, length, workspace }) => kernels.lz4MeasureFrame(source, length, workspace),
    reach: LZ4_REACH,
    pieceExcess: () => 0,
    begin: (kernels, { source, length, workspace }, { area, areaSize, limit }) =>
      kernels.lz4BeginFrame(source, length, area, areaSize, limit, flag, workspace),
    continue: (kernels, workspace, wanted) => kernels.lz4ContinueFrame(workspace, wanted),
  };
}

function plausibleSize(length: number): number {
  return mostDecodedBytes("lz4", length);
}
