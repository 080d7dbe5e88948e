/**
 * The public API of @memslice/core-wasm. @memslice/msl uses it all, except for these exports, which are for programs that use the core on its own:
 *
 *   blake3Batch                         the fastest way to hash many short messages
 *   pageRuns                            all runs of a map at once
 *   Core, LinearMemoryOptions           an instance with a memory of its own, or with shared memory
 *   DECODE_FAILURES                     all reasons for which decoders refuse data
 *   encode...Into, ...Bound             encoding to an array of the caller, and the length that the array needs
 */
export { BLAKE3_DIGEST_BYTES, Blake3, blake3 } from "./blake3.js";
export { blake3Batch } from "./blake3-batch.js";
export { BlockRecords } from "./block-records.js";
export { BlockWalk, type BlockWalkOptions, type WalkStatus } from "./block-walk.js";
export { type ChainBreak, ChainBreaks } from "./chain-breaks.js";
export { Core, defaultCore } from "./core.js";
export type { DecodedStart } from "./decode.js";
export { type DecodedEnd, DecodedPieces } from "./decode-pieces.js";
export {
  DECODE_FAILURES,
  type DecodedBytes,
  type DecodeError,
  type DecodeFailure,
  type DecodeResult,
} from "./decode-result.js";
export {
  type CompressedFormat,
  type DecodeOptions,
  type DecodeWholeOptions,
  MOST_EXPANSION,
  mostDecodedBytes,
  type OutputSize,
} from "./decoder.js";
export { Blake3HashChain, type ChainEnd, type ChainResult, type HashChain } from "./hash-chain.js";
export {
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4BlockStart,
  decodeLz4Frame,
  decodeLz4FramePieces,
  decodeLz4FrameStart,
  decodeLz4FrameUpTo,
  encodeLz4Block,
  encodeLz4BlockInto,
  lz4BlockBound,
} from "./lz4.js";
export type { LinearMemoryOptions } from "./memory.js";
export { PageRank } from "./page-rank.js";
export { type PageRuns, type PageRunsOptions, pageRunBatches, pageRuns } from "./page-runs.js";
export { PageState, type PageTally, tallyPageStates } from "./page-states.js";
export { SlabChain, type SlabChainOptions, type SlabChainResult } from "./slabs/slab-chain.js";
export type { SlabJob } from "./slabs/slab-job.js";
export { SharedWindows, type SharedWindowsOptions, type WindowMessage } from "./subtrees/shared-windows.js";
export {
  decodeZstd,
  decodeZstdPieces,
  decodeZstdStart,
  decodeZstdUpTo,
  encodeZstd,
  encodeZstdInto,
  type ZstdLevel,
  type ZstdOptions,
  type ZstdPiecesOptions,
  zstdBound,
} from "./zstd.js";
