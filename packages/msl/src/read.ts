/**
 * `@memslice/msl/read`: the library without writing and `transcode`. For pages that only read: from `@memslice/msl`, bundlers also
 * emit the script of the worker that compresses for a writer.
 */
export type { Codec, CodecResult, CodecSize, Codecs } from "./codec/codecs.js";
export type { DecodeOptions } from "./codec/decoding.js";
export { LINT_CATALOGUE, type LintId, type Severity, severityOf } from "./deviations/catalogue.js";
export type { Deviation } from "./deviations/deviation.js";
export type { Argon2Limits, Argon2Parameters } from "./encryption/argon2/argon2.js";
export type { KeyPair } from "./encryption/kem.js";
export type { EnvelopeOptions, KeyMaterial, KeyOptions, KeyProvider } from "./encryption/key-material.js";
export { generateKeyPair } from "./encryption/sealing-keys.js";
export { MslError, type MslErrorCode, type MslErrorDetails } from "./errors.js";
export type { BlockInfo } from "./format/block-header.js";
export { blockInfoJson } from "./format/block-header.js";
export {
  ARCH_TYPE,
  BLOCK_TYPE,
  BlockFlag,
  BlockType,
  CLOCK_SOURCE,
  CONNECTION_FAMILY,
  CONNECTION_PROTOCOL,
  type CodeOf,
  type CodeTable,
  type Compression,
  codeName,
  codeNumber,
  HANDLE_TYPE,
  HASH_ALGO,
  HeaderFlag,
  KEY_CONFIDENCE,
  KEY_PROTOCOL,
  KEY_STATE,
  KEY_TYPE,
  OS_TYPE,
  REGION_TYPE,
  RELATIONSHIP,
  RegisterFlag,
  SOURCE_FORMAT,
  TCP_STATE,
  THREAD_STATE,
  ThreadFlag,
} from "./format/codes.js";
export type { Dialect, DialectId } from "./format/dialects/dialects.js";
export {
  describeSecret,
  type Encryption,
  encryptionJson,
  KEM_MECHANISMS,
  type KemMechanism,
  type SecretKind,
} from "./format/encryption-extension.js";
export type { FileHeader } from "./format/file-header.js";
export { headerJson } from "./format/file-header.js";
export type { ByteOrder, Problem } from "./format/layout/decode.js";
export type { RawRow } from "./format/layout/fields.js";
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
export type {
  EncryptionExtensionFields,
  FileHeaderFields,
  IntrospectionRow,
  KernelModuleEntry,
  KernelModuleListPayload,
  KernelSymbolBundlePayload,
  KernelSymbolEntry,
  MemoryRegionFields,
  ModuleBuildIdEntry,
  ModuleBuildIdManifestPayload,
  PersistenceEntry,
  PersistenceManifestPayload,
  PhysicalMemoryMapPayload,
  PhysicalRangeEntry,
  PointerGraphEdgeEntry,
  PointerGraphNodeEntry,
  PointerGraphPayload,
  ProducerPayload,
  TargetIntrospectionPayload,
  VasEntry,
  VasMapPayload,
} from "./format/payloads/other-types.js";
export type { PageDataCompression } from "./format/payloads/page-data.js";
export type {
  ArpEntryRow,
  ConnectionEntry,
  ConnectionTablePayload,
  ConnectivityTablePayload,
  ConnectivityTableRow,
  EndOfCapturePayload,
  HandleEntry,
  HandleTablePayload,
  ImportProvenancePayload,
  InterfaceStatisticsRow,
  Ipv4RouteRow,
  Ipv6RouteRow,
  KeyHintPayload,
  MibCounterRow,
  ModuleEntryPayload,
  ModuleListEntry,
  ModuleListIndexPayload,
  PacketSocketRow,
  ProcessEntry,
  ProcessIdentityPayload,
  ProcessTablePayload,
  RegisterEntry,
  RelatedDumpPayload,
  SocketFamilyAggregateRow,
  SpecifiedPayload,
  SystemContextPayload,
  ThreadContextPayload,
} from "./format/payloads/payload-types.js";
export type { HashAlgoCode, HasherName } from "./hash/hash-algorithm.js";
export { type BlockJsonOptions, blockJson } from "./json/block-json.js";
export type { JsonObject, JsonValue } from "./json/layout-json.js";
export type {
  AddressSpace,
  FileExtent,
  MemoryExtent,
  MemoryOrigin,
  MemoryOwner,
  MemoryRange,
  MemoryStateRange,
} from "./memory/address-space.js";
export type { MemoryRead, MemorySegment, MemoryState } from "./memory/memory-read.js";
export type { Coverage, PageDataExtent, Region } from "./memory/region.js";
export { DEFAULT_LIMITS } from "./options/limits.js";
export type { OpenOptions } from "./options/reading.js";
export type { BlockList, DecodeAllOptions, DecodeRange } from "./read/block-list.js";
export type { Capture } from "./read/capture.js";
export type { CaptureBlock } from "./read/capture-block.js";
export type { CaptureInput } from "./read/capture-input.js";
export type { BlockResult } from "./read/decode-block.js";
export type { DecodedBlock } from "./read/decoded-batch.js";
export type { KeyCandidate, KeyHint } from "./read/key-hints.js";
export type { Module } from "./read/modules.js";
export {
  type CaptureHead,
  httpSource,
  inspectCapture,
  openCapture,
  verifyCapture,
  verifyStream,
} from "./read/open-capture.js";
export type { References } from "./read/references.js";
export type { UnreadableRegion, UnreadableRegions } from "./read/region-survey.js";
export type { StreamEnd, WalkEnd } from "./read/report-structure.js";
export { MslSliceReader, type SliceBlock, type SliceOptions } from "./read/slice-reader.js";
export type { StreamBlock, StreamOptions } from "./read/stream-block.js";
export { MslReader } from "./read/stream-reader.js";
export type { Place } from "./read/threads.js";
export { type Register, registerValue, type Thread } from "./read/threads.js";
export type { Gap } from "./read/walked-blocks.js";
export { type InitialiseOptions, initialise } from "./runtime.js";
export { type CachingOptions, CachingSource } from "./source/caching-source.js";
export type { ChunkInput } from "./source/chunk-queue.js";
export { type CoalescingOptions, CoalescingSource } from "./source/coalescing-source.js";
export type { LendableFile, LentFile } from "./source/file-source.js";
export { shownAddress } from "./source/http/http-address.js";
export type { Fetch, HttpOptions } from "./source/http/http-requests.js";
export type { VerifyProgress } from "./source/read-ahead.js";
export type { Source } from "./source/source.js";
export {
  describeThreads,
  THREAD_REASONS,
  type ThreadReason,
  type ThreadReasonCode,
  type ThreadUse,
} from "./threads/thread-use.js";
export type { StartedWorker, WorkerScript } from "./threads/threads.js";
export { describeReport, reportJson } from "./verify/describe.js";
export type { DigestOptions } from "./verify/file-digest.js";
export type { VerifyOptions } from "./verify/passes.js";
export type {
  Anchor,
  AppendedBlocks,
  BadBlock,
  ChainBreak,
  ChainBreaks,
  DigestName,
  EncryptedFindings,
  Explanation,
  FileDigest,
  FileHashStatus,
  HeaderVariantId,
  Outcome,
  VerifyReport,
} from "./verify/report.js";
export type { VerifyStreamOptions } from "./verify/verify-stream.js";
