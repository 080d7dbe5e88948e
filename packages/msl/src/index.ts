export { fileSink } from "#file-sink";
export type { Codec, CodecResult, Codecs } from "./codec/codecs.js";
export type { DecodeOptions } from "./codec/decoding.js";
export { LINT_CATALOGUE, type LintId, type Severity, severityOf } from "./deviations/catalogue.js";
export type { Deviation } from "./deviations/deviation.js";
export type { Argon2Limits, Argon2Parameters } from "./encryption/argon2/argon2.js";
export type { KeyPair } from "./encryption/kem.js";
export type { KeyMaterial, KeyOptions, KeyProvider } from "./encryption/key-material.js";
export { generateKeyPair } from "./encryption/key-material.js";
export type { EnvelopeOptions } from "./encryption/open-envelope.js";
export type { CipherName, EncryptionOptions, SealRandomness } from "./encryption/sealing-keys.js";
export { MslError, type MslErrorCode, type MslErrorDetails } from "./errors.js";
export type { BlockInfo } from "./format/block-info.js";
export {
  ARCH_TYPE,
  BLOCK_TYPE,
  BlockFlag,
  BlockType,
  CLOCK_SOURCE,
  type CodeTable,
  type Compression,
  codeName,
  HASH_ALGO,
  HeaderFlag,
  OS_TYPE,
  REGION_TYPE,
  RegisterFlag,
  ThreadFlag,
} from "./format/codes.js";
export type { Dialect, DialectId } from "./format/dialects/dialects.js";
export {
  describeSecret,
  type Encryption,
  KEM_MECHANISMS,
  type KemMechanism,
  type SecretKind,
} from "./format/encryption-extension.js";
export type { FileHeader } from "./format/file-header.js";
export type { Problem } from "./format/layout/decode.js";
export {
  PAGE_STATE_CODES,
  type PageMap,
  type PageRun,
  type PageRunBatch,
  type PageState,
  type PageTally,
} from "./format/page-map.js";
export { PageStates, type PageStretch, pagesOf } from "./format/page-states.js";
export type { MemoryRegionPayload, Payload, RawPayload } from "./format/payloads/decode-payload.js";
export type { RegionHead, RegionLayout } from "./format/payloads/memory-region.js";
export { type BlockJsonOptions, blockJson } from "./json/block-json.js";
export { blockInfoJson, encryptionJson, headerJson } from "./json/header-json.js";
export type { JsonObject, JsonValue } from "./json/layout-json.js";
export { reportJson } from "./json/report-json.js";
export type { AddressSpace, MemoryRange } from "./memory/address-space.js";
export type { MemoryRead, MemorySegment, MemoryState } from "./memory/memory-read.js";
export type { Coverage, PageDataExtent, Region } from "./memory/region.js";
export { DEFAULT_LIMITS } from "./options/limits.js";
export type { BlockList, DecodeAllOptions, DecodedBlock } from "./read/block-list.js";
export type { Capture } from "./read/capture.js";
export type { CaptureBlock } from "./read/capture-block.js";
export type { CaptureInput } from "./read/capture-input.js";
export type { BlockResult } from "./read/decode-block.js";
export type { KeyCandidate, KeyHint } from "./read/key-hints.js";
export type { Module } from "./read/modules.js";
export { type OpenOptions, openCapture, verifyCapture } from "./read/open-capture.js";
export { type CaptureHead, inspectCapture } from "./read/read-head.js";
export type { References } from "./read/references.js";
export type { UnreadableRegion, UnreadableRegions } from "./read/region-survey.js";
export type { StreamEnd, WalkEnd } from "./read/report-structure.js";
export { MslSliceReader, type SliceBlock, type SliceOptions } from "./read/slice-reader.js";
export { MslReader, type StreamBlock, type StreamOptions } from "./read/stream-reader.js";
export type { Place } from "./read/threads.js";
export { type Register, registerValue, type Thread } from "./read/threads.js";
export type { Gap } from "./read/walked-blocks.js";
export { type CachingOptions, CachingSource } from "./source/caching-source.js";
export type { ChunkInput } from "./source/chunk-queue.js";
export { type CoalescingOptions, CoalescingSource } from "./source/coalescing-source.js";
export { shownAddress } from "./source/http/http-address.js";
export type { HttpOptions } from "./source/http/http-requests.js";
export { httpSource } from "./source/http/http-source.js";
export type { Fetch } from "./source/http/redirects.js";
export type { VerifyProgress } from "./source/progress.js";
export type { Source } from "./source/source.js";
export { redactionOf } from "./transcode/carried-payload.js";
export type {
  BlockSelection,
  PeerName,
  RegionSelection,
  TranscodeCompression,
  TranscodeOptions,
  TranscodeProgress,
} from "./transcode/options.js";
export type {
  AddedBlock,
  AddressDifference,
  AddressView,
  ChangedBlock,
  ChangeId,
  LeftOut,
  LeftOutReason,
  OutputBlock,
  SourceBlock,
  TranscodeChange,
  TranscodeReport,
} from "./transcode/report.js";
export { transcode } from "./transcode/transcode.js";
export type { Anchor, HeaderVariantId } from "./verify/anchor.js";
export type { BadBlock } from "./verify/chain.js";
export { describeReport } from "./verify/describe.js";
export { type VerifyOptions, type VerifyStreamOptions, verifyStream } from "./verify/passes.js";
export type {
  AppendedBlocks,
  ChainBreak,
  ChainBreaks,
  EncryptedFindings,
  Explanation,
  FileHashStatus,
  Outcome,
  VerifyReport,
} from "./verify/report.js";
export type { WrittenBlock } from "./write/block-emitter.js";
export type {
  BlockKind,
  KindInput,
  ModuleListInput,
  SystemContextInput,
  TableKind,
  WritablePayload,
} from "./write/block-kinds.js";
export type { CompressionChoice, Encoders } from "./write/compress-payload.js";
export type { FinishedCapture } from "./write/end-capture.js";
export { MslWriter } from "./write/msl-writer.js";
export type {
  BlockOptions,
  CaptureHeader,
  FileSinkOptions,
  HintOptions,
  RawBlock,
  RegionOptions,
  ResumableFile,
  ResumeOptions,
  SyncPolicy,
  ThreadOptions,
  WriteOptions,
  WriterOptions,
  WritingOptions,
} from "./write/options.js";
export type { Abandoned, Content, MissingKind } from "./write/plan.js";
export type { PageData, RegionInput } from "./write/region-input.js";
export { BytesSink, type FlushPolicy, type NodeWritable, type Sink, type SinkInput } from "./write/sink.js";
export type { Redaction } from "./write/table-payload.js";
export { type CaptureOptions, type PlannedBlock, writeCapture } from "./write/write-capture.js";
export type { KeyPlace, WrittenRegion } from "./write/write-region.js";
export type { Resumption } from "./write/writer-state.js";
