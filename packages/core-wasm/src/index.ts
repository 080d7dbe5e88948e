/**
 * The public API of @memslice/core-wasm. @memslice/msl uses all of it except for what is marked: those exports are for programs that use the
 * core on its own.
 */

// BLAKE3. For programs on their own: blake3Batch, the fastest way to hash many short messages.
export { BLAKE3_DIGEST_BYTES, Blake3, blake3 } from "./blake3.js";
export { blake3Batch } from "./blake3-batch.js";

// The blocks of a capture and their hash chain.
export { BlockRecords } from "./block-records.js";
export { BlockWalk, type BlockWalkOptions, type WalkStatus } from "./block-walk.js";
export { type ChainBreak, ChainBreaks } from "./chain-breaks.js";
// Instances. For programs on their own: Core, for a memory of their own or a shared one.
export { Core, defaultCore } from "./core.js";
// Decoders. For programs on their own: DECODE_FAILURES, the list of all reasons.
export { type DecodedEnd, DecodedPieces } from "./decode-pieces.js";
export {
  DECODE_FAILURES,
  type DecodedBytes,
  type DecodeError,
  type DecodeFailure,
  type DecodeResult,
} from "./decode-result.js";
export type { DecodedStart } from "./decode-start.js";
export type { DecodeOptions, DecodeWholeOptions, OutputSize } from "./decoder.js";
// Encoders. For programs on their own: encoders that write to an array of the caller, and the sizes of such arrays.
export { encodeLz4Block, encodeLz4BlockInto, lz4BlockBound } from "./encode-lz4.js";
export { encodeZstd, encodeZstdInto, type ZstdLevel, zstdBound } from "./encode-zstd.js";
export { type CompressedFormat, MOST_EXPANSION, mostDecodedBytes } from "./expansion.js";
export { Blake3HashChain, type ChainEnd, type ChainResult, type HashChain } from "./hash-chain.js";
export {
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4BlockStart,
  decodeLz4Frame,
  decodeLz4FramePieces,
  decodeLz4FrameStart,
  decodeLz4FrameUpTo,
} from "./lz4.js";
export type { LinearMemoryOptions } from "./memory.js";
// Page-state maps. For programs on their own: pageRuns, which returns all runs at once.
export { PageRank } from "./page-rank.js";
export { type PageRuns, type PageRunsOptions, pageRunBatches, pageRuns } from "./page-runs.js";
export { PageState, type PageTally, tallyPageStates } from "./page-states.js";
export { SlabChain, type SlabChainOptions, type SlabChainResult } from "./slabs/slab-chain.js";
export type { SlabJob } from "./slabs/slab-job.js";
export {
  decodeZstd,
  decodeZstdPieces,
  decodeZstdStart,
  decodeZstdUpTo,
  type ZstdOptions,
  type ZstdPiecesOptions,
} from "./zstd.js";
