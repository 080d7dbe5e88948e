/** LZ4 blocks and frames: raw blocks of known size, frames of known and of unknown size. */
import type { DecodeResult } from "./decode-result.js";
import { type DecodeOptions, type Decoder, decode } from "./decoder.js";

/**
 * Decodes a raw LZ4 block that holds exactly `expectedSize` bytes. It ends where that many bytes are complete after a literal
 * run; up to 7 zero bytes may follow. Throws a `RangeError` only when the size is no non-negative integer.
 */
export function decodeLz4Block(source: Uint8Array, expectedSize: number, options: DecodeOptions = {}): DecodeResult {
  return decode(BLOCK, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one LZ4 frame that holds exactly `expectedSize` bytes. Up to 7 zero bytes may follow. Throws a `RangeError` only when
 * the size is no non-negative integer.
 */
export function decodeLz4Frame(source: Uint8Array, expectedSize: number, options: DecodeOptions = {}): DecodeResult {
  return decode(EXACT_FRAME, source, { bytes: expectedSize, exact: true }, options);
}

/**
 * Decodes one LZ4 frame of unknown size, which may be `maximumSize` bytes at most. Up to 7 zero bytes may follow. Throws a
 * `RangeError` only when the size is no non-negative integer.
 */
export function decodeLz4FrameUpTo(source: Uint8Array, maximumSize: number, options: DecodeOptions = {}): DecodeResult {
  return decode(FRAME, source, { bytes: maximumSize, exact: false }, options);
}

const BLOCK: Decoder = {
  workspaceSize: (kernels) => kernels.lz4WorkspaceSize(),
  plausibleSize,
  measure: null,
  decode: (kernels, { source, length, workspace }, destination, limit) =>
    kernels.lz4DecodeBlock(source, length, destination, limit, workspace),
};

const EXACT_FRAME = frame(true);
const FRAME = frame(false);

function frame(exact: boolean): Decoder {
  const flag = Number(exact);
  return {
    workspaceSize: (kernels) => kernels.lz4WorkspaceSize(),
    plausibleSize,
    measure: (kernels, { source, length, workspace }) => kernels.lz4MeasureFrame(source, length, workspace),
    decode: (kernels, { source, length, workspace }, destination, limit) =>
      kernels.lz4DecodeFrame(source, length, destination, limit, flag, workspace),
  };
}

/** LZ4 cannot expand further. */
function plausibleSize(length: number): number {
  return 255 * length + 64;
}
