export { BLAKE3_DIGEST_BYTES, Blake3, blake3 } from "./blake3.js";
export { blake3Batch } from "./blake3-batch.js";
export { BlockRecords } from "./block-records.js";
export { BlockWalk, type BlockWalkOptions, type WalkStatus } from "./block-walk.js";
export { type ChainBreak, ChainBreaks } from "./chain-breaks.js";
export { Core, defaultCore } from "./core.js";
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
export { encodeLz4Block, encodeLz4BlockInto, lz4BlockBound } from "./encode-lz4.js";
export { encodeZstd, encodeZstdInto, type ZstdLevel, zstdBound } from "./encode-zstd.js";
export { type CompressedFormat, MOST_EXPANSION, mostDecodedBytes } from "./expansion.js";
export type { ChainEnd, ChainResult, HashChain } from "./hash-chain.js";
export { Blake3HashChain } from "./hash-chain.js";
export {
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4BlockStart,
  decodeLz4Frame,
  decodeLz4FramePieces,
  decodeLz4FrameStart,
  decodeLz4FrameUpTo,
} from "./lz4.js";
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
