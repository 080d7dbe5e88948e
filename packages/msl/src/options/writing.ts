/** The options of the functions that write captures. */
import type { Codecs } from "../codec/codecs.js";
import { U64_MOST } from "../format/layout/fields.js";
import { PAYLOAD_MOST } from "../write/block-emitter.js";
import { BLOCK_KINDS, type BlockKind, type TableKind } from "../write/block-kinds.js";
import type { CompressionChoice, Encoders } from "../write/compress-payload.js";
import type {
  BlockOptions,
  CaptureOptions,
  EndOptions,
  FileSinkOptions,
  HintOptions,
  PlannedBlock,
  RawBlock,
  RegionOptions,
  ResumeOptions,
  SyncPolicy,
  ThreadOptions,
  WriterOptions,
  WritingOptions,
} from "../write/options.js";
import type { Content } from "../write/plan.js";
import type { FlushPolicy } from "../write/sink.js";
import type { Redaction } from "../write/table-payload.js";
import {
  bigint,
  bytes,
  type Check,
  callback,
  checksOf,
  countOf,
  either,
  flag,
  integer,
  listOf,
  methods,
  objectOf,
  oneOf,
  required,
  signal,
  tableOf,
  text,
  value,
  without,
} from "./checks.js";
import { ENCRYPTION, SEAL_RANDOMNESS } from "./keys.js";
import { THREADS } from "./reading.js";

const U16_MOST = 0xffff;
const U32_MOST = 0xffff_ffff;
const TABLE_KINDS = Object.keys(BLOCK_KINDS) as TableKind[];

export const COMPRESSIONS = ["none", "zstd", "zstd-fast", "lz4", "auto"] as const;
const COMPRESSION: Check<CompressionChoice> = oneOf(COMPRESSIONS);
const SYNC: Check<SyncPolicy> = oneOf(["block", "end", "never"]);
const FLUSH: Check<FlushPolicy> = oneOf(["block", "gathered"]);
const MODE = integer(0, 0o7777, "permission bits");
const KIND: Check<BlockKind> = oneOf([...TABLE_KINDS, "MemoryRegion"]);
export const CONTENTS: Check<readonly Content[]> = listOf(either(KIND, integer(0, U16_MOST, "a block type")));

export const REDACTION: Check<Redaction> = objectOf<Redaction>(
  Object.fromEntries(TABLE_KINDS.map((kind) => [kind, listOf(text)])) as Record<TableKind, Check<readonly string[]>>,
);

export const CODECS: Check<Partial<Encoders & Codecs>> = objectOf<Partial<Encoders & Codecs>>({
  encodeZstd: callback(),
  encodeLz4Block: callback(),
  zstd: callback(),
  lz4Frame: callback(),
  lz4Block: callback(),
});

/** The options that everything that writes a capture has. */
export const WRITING = checksOf<WritingOptions>()({
  compression: COMPRESSION,
  compressionLimit: countOf("bytes"),
  threads: THREADS,
  verifyCompression: flag,
  codecs: CODECS,
  splitAbove: integer(1, PAYLOAD_MOST, "bytes"),
  nonConforming: flag,
  flush: FLUSH,
  redact: REDACTION,
  nativeHash: flag,
  uuid: callback(),
  timestamp: callback(),
});

const WRITER_CHECKS = checksOf<WriterOptions>()({
  ...WRITING,
  header: required(value("an object with the fields of the header")),
  contents: required(CONTENTS),
  blockCount: integer(0, U32_MOST),
  encryption: ENCRYPTION,
  sealRandomness: SEAL_RANDOMNESS,
  fileHasher: methods("a FileHasher", "update", "digest", "release"),
});

const BLOCK = checksOf<BlockOptions>()({
  uuid: text,
  parentUuid: text,
  hasChildren: flag,
  compression: COMPRESSION,
});
const REGION = checksOf<RegionOptions>()({
  ...BLOCK,
  hasKeyHints: flag,
  keysAt: listOf(bigint(0n, U64_MOST)),
  continuationOf: text,
  signal,
});
const THREAD = checksOf<ThreadOptions>()({ ...BLOCK, asRead: flag });
const HINT = checksOf<HintOptions>()({ ...BLOCK, keepNote: flag });

const PLANNED: Check<PlannedBlock> = objectOf<PlannedBlock>({
  ...REGION,
  ...HINT,
  ...THREAD,
  payload: required(value("a payload")),
});
const UNPLANNED = without(WRITER_CHECKS, "contents", "blockCount");

/** The options of `MslWriter`. */
export const WRITER = tableOf<WriterOptions>("MslWriter")(WRITER_CHECKS);
/** The options of `write`, for payloads of any kind; the method for the kind of payload refuses options that do not apply to it. */
export const WRITE = tableOf<RegionOptions & HintOptions & ThreadOptions>("MslWriter.write")({
  ...REGION,
  ...HINT,
  ...THREAD,
});
export const WRITE_CAPTURE = tableOf<CaptureOptions>("writeCapture")({
  ...UNPLANNED,
  blocks: required(listOf(PLANNED)),
  acqEndNs: bigint(0n, U64_MOST),
});
export const RESUME = tableOf<ResumeOptions>("MslWriter.resume")({
  ...WRITING,
  contents: CONTENTS,
  signal,
  sync: SYNC,
  mode: MODE,
});
export const END = tableOf<EndOptions>("MslWriter.end")({ acqEndNs: bigint(0n, U64_MOST), uuid: text, abandon: flag });
export const WRITE_RAW = tableOf<RawBlock>("MslWriter.writeRaw")({
  ...BLOCK,
  type: required(integer(0, U16_MOST, "a block type")),
  payload: required(bytes),
  hasKeyHints: flag,
  continuation: flag,
});
export const MEMORY_REGION = tableOf<RegionOptions>("MslWriter.memoryRegion")(REGION);
export const KEY_HINT = tableOf<HintOptions>("MslWriter.keyHint")(HINT);

/** The options of the methods that write one kind of block from its table. */
export const KIND_OPTIONS = {
  ImportProvenance: tableOf<BlockOptions>("MslWriter.importProvenance")(BLOCK),
  ProcessIdentity: tableOf<BlockOptions>("MslWriter.processIdentity")(BLOCK),
  ModuleListIndex: tableOf<BlockOptions>("MslWriter.moduleListIndex")(BLOCK),
  SystemContext: tableOf<BlockOptions>("MslWriter.systemContext")(BLOCK),
  ProcessTable: tableOf<BlockOptions>("MslWriter.processTable")(BLOCK),
  ConnectionTable: tableOf<BlockOptions>("MslWriter.connectionTable")(BLOCK),
  HandleTable: tableOf<BlockOptions>("MslWriter.handleTable")(BLOCK),
  ConnectivityTable: tableOf<BlockOptions>("MslWriter.connectivityTable")(BLOCK),
  ThreadContext: tableOf<ThreadOptions>("MslWriter.threadContext")(THREAD),
  ModuleEntry: tableOf<BlockOptions>("MslWriter.moduleEntry")(BLOCK),
  KeyHint: KEY_HINT,
  RelatedDump: tableOf<BlockOptions>("MslWriter.relatedDump")(BLOCK),
} as const satisfies Record<TableKind, unknown>;

export const FILE_SINK = tableOf<FileSinkOptions>("fileSink")({ sync: SYNC, overwrite: flag, mode: MODE });
