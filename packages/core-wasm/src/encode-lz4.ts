/** Encoding of raw LZ4 blocks. */
import type { Core } from "./core.js";
import { type Encoder, encode, encodedBound, encodeInto } from "./encoder.js";

/**
 * One raw LZ4 block, without its size. The same bytes give the same block.
 *
 * `bytes`: up to 2,113,929,216. Bytes in `core`'s memory are not copied. Default of `core`: a shared one, or for more than
 * 128 MiB one that is given up after the call. Throws a `RangeError` for more bytes, or when linear memory has no room.
 */
export function encodeLz4Block(bytes: Uint8Array, core?: Core): Uint8Array<ArrayBuffer> {
  return encode(BLOCK, bytes, core);
}

/**
 * As `encodeLz4Block`, to the begin of `output`, which has at least `lz4BlockBound(bytes.length)` bytes and does not overlap
 * `bytes`. Returns the length of the block. What `encodeZstdInto` says of output in linear memory holds here too.
 */
export function encodeLz4BlockInto(bytes: Uint8Array, output: Uint8Array, core?: Core): number {
  return encodeInto(BLOCK, bytes, output, core);
}

/** The most bytes that a block of `length` bytes takes. */
export function lz4BlockBound(length: number, core?: Core): number {
  return encodedBound(BLOCK, length, core);
}

const BLOCK: Encoder = {
  bound: (kernels, length) => kernels.lz4EncodeBound(length),
  workspaceSize: (kernels, length) => kernels.lz4EncodeWorkspaceSize(length),
  encode: (kernels, { source, length, destination, workspace }) => kernels.lz4EncodeBlock(source, length, destination, workspace),
};
