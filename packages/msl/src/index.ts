/** `@memslice/msl`: reading, writing and `transcode`. */
export { fileSink } from "#file-sink";
export type {
  EncryptionOptions,
  PassphraseOptions,
  RawKeyOptions,
  RecipientOptions,
  SealRandomness,
} from "./encryption/sealing-keys.js";
export type { CipherName } from "./format/encryption-extension.js";
export type {
  WritableArpEntryRow,
  WritableConnectionEntry,
  WritableConnectionTable,
  WritableConnectivityTable,
  WritableConnectivityTableRow,
  WritableHandleEntry,
  WritableHandleTable,
  WritableImportProvenance,
  WritableInterfaceStatisticsRow,
  WritableIpv4RouteRow,
  WritableIpv6RouteRow,
  WritableKeyHint,
  WritableMibCounterRow,
  WritableModuleEntry,
  WritableModuleListEntry,
  WritableModuleListIndex,
  WritablePacketSocketRow,
  WritableProcessEntry,
  WritableProcessIdentity,
  WritableProcessTable,
  WritableRegisterEntry,
  WritableRelatedDump,
  WritableSocketFamilyAggregateRow,
  WritableSystemContext,
  WritableThreadContext,
} from "./format/payloads/writable-types.js";
export * from "./read.js";
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
export type { WrittenBlock } from "./write/block-emitter.js";
export type {
  BlockKind,
  KindInput,
  ModuleListInput,
  SystemContextInput,
  TableKind,
  WritablePayload,
} from "./write/block-kinds.js";
export type { FinishedCapture } from "./write/block-writer.js";
export type { CompressionChoice, Encoders } from "./write/compress-payload.js";
export { MslWriter } from "./write/msl-writer.js";
export type {
  BlockOptions,
  CaptureHeader,
  CaptureOptions,
  EndOptions,
  FileSinkOptions,
  HintOptions,
  PlannedBlock,
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
export { writeCapture } from "./write/write-capture.js";
export type { KeyPlace, WrittenRegion } from "./write/write-region.js";
export type { Resumption } from "./write/writer-state.js";
