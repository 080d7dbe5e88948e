/** Decodes the stored payload of a block, and reports its deviations. All readers use these functions. */
import { ByteViews } from "../bytes.js";
import type { Decoding } from "../codec/decoding.js";
import type { DecodingAhead } from "../codec/decoding-ahead.js";
import { decompressWork } from "../codec/decompress-payload.js";
import type { Deviation, Report } from "../deviations/deviation.js";
import { NO_DEVIATIONS, rejectsBlock } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-header.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import type { Authorship } from "../format/dialects/dialects.js";
import type { TakeEntries } from "../format/layout/cursor.js";
import { type ByteOrder, type Problem, straightPayload } from "../format/layout/decode.js";
import type { Layout } from "../format/layout/fields.js";
import {
  beginPayload,
  PAYLOAD_VERSION,
  type PayloadContext,
  type PayloadResult,
  type UnreportedResult,
} from "../format/payloads/decode-payload.js";
import { straightLayout, type TablePayload } from "../format/payloads/registry.js";
import { blobJson } from "../json/layout-json.js";
import { shownClass } from "../json/shown.js";
import { legacyPageDataInflater } from "../memory/stored-pages.js";
import { type Begun, finished, isWork, type SlicedWork } from "../sliced-work.js";
import type { SequentialReads } from "../source/read-ahead.js";

/** The decoded payload of a block, or the problem that it has, with the raw bytes. */
export interface BlockResult extends PayloadResult {
  /** The bytes of the payload: decompressed, or as stored if they cannot be decompressed. */
  readonly raw: Uint8Array;
}

/** How a reader decodes the blocks of one capture. `authorship`: the program that wrote the capture, as far as other blocks tell. */
export interface BlockDecoding extends Decoding {
  readonly authorship: Authorship;
  readonly byteOrder: ByteOrder;
  /** Whether the writer may have filled payloads with zeros up to a multiple of 8 bytes. */
  readonly mayPad: boolean;
  /** For a block whose entries are not held together. */
  readonly takeEntries?: TakeEntries | undefined;
  /** The same settings with another cache, for payloads that are decompressed once to list regions. Only for a capture with an index. */
  readonly unkept?: Decoding | undefined;
  /** Serves reads of payloads that follow each other; absent if the source costs bytes, or has them in memory. */
  readonly reads?: SequentialReads | undefined;
  /** Set if workers decompress the regions of the capture ahead. */
  readonly ahead?: DecodingAhead | undefined;
}

/** Facts of the capture that decoding its blocks depends on, and the options of its reader. */
export type CaptureDecoding = Omit<BlockDecoding, keyof Decoding>;

/** Property by property: objects that a spread makes can differ in their hidden class from reader to reader, and decoding would be optimised for each anew. */
export function blockDecoding(decoding: Decoding, capture: CaptureDecoding): BlockDecoding {
  const { cache, budget, decoders, strict, codecs, limits } = decoding;
  const { authorship, byteOrder, mayPad, takeEntries, unkept, reads, ahead } = capture;
  const all = {
    cache,
    budget,
    decoders,
    strict,
    codecs,
    limits,
    authorship,
    byteOrder,
    mayPad,
    takeEntries,
    unkept,
    reads,
    ahead,
  };
  return all satisfies Record<keyof BlockDecoding, unknown>;
}

/** A payload that was decompressed before, and the deviations of its compressed form. */
export interface DecompressedPayload {
  readonly bytes: Uint8Array;
  readonly deviations: readonly Deviation[];
}

/**
 * `stored`: the payload as it is in the capture, incomplete for a truncated block. Offsets of deviations count from the start of the file; in a
 * compressed payload, from the start of the decompressed payload.
 */
export function decodeBlock(block: BlockInfo, views: ByteViews, at: number, decoding: BlockDecoding): BlockResult {
  return finished(beginHeld(block, views, at, decoding));
}

/** `decodeBlock` without long work: the result, or the work that is left, which runs in slices. The payload may be decompressed already. */
export function beginBlock(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed?: DecompressedPayload,
): Begun<BlockResult> {
  if (block.compression !== "none") return compressedWork(block, stored, decoding, decompressed);
  const table = straightTable(block, stored.length, decoding);
  const straight = table && straightResult(block, stored, table, new ByteViews(stored), 0);
  return straight ?? beginSteps(block, stored, decoding);
}

/** `beginBlock` for a payload of which `views` makes views: the bytes from `at` on, as many as the data has. */
export function beginHeld(block: BlockInfo, views: ByteViews, at: number, decoding: BlockDecoding): Begun<BlockResult> {
  const { payloadLength } = block;
  const stored = views.view(at, at + payloadLength);
  if (block.compression !== "none") return compressedWork(block, stored, decoding, undefined);
  const table = straightTable(block, payloadLength, decoding);
  const straight = table && straightResult(block, stored, table, views, at);
  return straight ?? beginSteps(block, stored, decoding);
}

function beginSteps(block: BlockInfo, stored: Uint8Array, decoding: BlockDecoding): Begun<BlockResult> {
  const length = block.length - BLOCK_HEADER_SIZE;
  const plain = { bytes: stored, length, base: block.payloadOffset, problem: truncationProblem(block, stored.length) };
  return beginPlain(plain, block, stored, decoding, block.headerDeviations());
}

/** The table whose straight-line code may decode the block: it is of a frequent type and complete, and only its payload may have deviations. */
function straightTable(block: BlockInfo, held: number, { byteOrder }: BlockDecoding): Layout | undefined {
  if (byteOrder === "big" || block.payloadVersion !== PAYLOAD_VERSION || held !== block.length - BLOCK_HEADER_SIZE)
    return undefined;
  const table = straightLayout(block.type);
  return table && block.headerDeviations().length === 0 ? table : undefined;
}

/** The result for a payload without anything to report, which begins at `at`; undefined for others. Skips everything that such a payload does not need. */
function straightResult(
  block: BlockInfo,
  stored: Uint8Array,
  table: Layout,
  views: ByteViews,
  at: number,
): BlockResult | undefined {
  const payload = straightPayload(table, views, at, at + block.payloadLength);
  if (!payload) return undefined;
  const result = new Result();
  result.payload = payload as TablePayload;
  result.table = table;
  result.raw = stored;
  result.deviations = NO_DEVIATIONS;
  return result as BlockResult;
}

function* compressedWork(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed: DecompressedPayload | undefined,
): SlicedWork<BlockResult> {
  const deviations = [...block.headerDeviations()];
  const plain = yield* decompressedPayload(block, stored, decoding, decompressed, deviations);
  if (!plain.bytes) return blockResult({ problem: plain.problem }, stored, deviations, decoding);
  const begun = beginPlain(plain, block, stored, decoding, deviations);
  return isWork(begun) ? yield* begun : begun;
}

function beginPlain(
  plain: PlainPayload,
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  deviations: readonly Deviation[],
): Begun<BlockResult> {
  const begun = beginPayload(plain.bytes, contextOf(block, plain.length, stored, decoding));
  return isWork(begun)
    ? restOfPlain(begun, plain, block, decoding, deviations)
    : plainResult(begun, plain, block, decoding, deviations);
}

function* restOfPlain(
  rest: SlicedWork<PayloadResult>,
  plain: PlainPayload,
  block: BlockInfo,
  decoding: BlockDecoding,
  deviations: readonly Deviation[],
): SlicedWork<BlockResult> {
  return plainResult(yield* rest, plain, block, decoding, deviations);
}

/** `before`: the deviations of the block that are no matter of its payload. */
function plainResult(
  result: PayloadResult,
  { bytes, base, problem }: PlainPayload,
  block: BlockInfo,
  decoding: BlockDecoding,
  before: readonly Deviation[],
): BlockResult {
  const ofPayload = result.deviations;
  const all = ofPayload.length === 0 ? before : [...before, ...ofPayload.map((deviation) => block.locate(deviation, base))];
  return blockResult(problem ? cutOutcome(result, problem) : result, bytes, all, decoding);
}

function blockResult(
  outcome: UnreportedResult,
  raw: Uint8Array,
  deviations: readonly Deviation[],
  { strict }: BlockDecoding,
): BlockResult {
  const { payload, table, provisional } = outcome;
  const result = new Result();
  const rejected = strict && payload ? rejectsBlock(deviations) : undefined;
  if (rejected) {
    result.problem = { id: rejected.id, at: 0, message: rejected.message };
    // The decoded values of a payload that a strict reader refuses are given as `partial`.
    if (table && payload) Object.assign(result, { partial: payload, table });
    if (provisional !== undefined) result.provisional = provisional;
  } else if (payload && table && provisional === undefined) {
    // Property by property: copying them takes as long as decoding a small payload.
    result.payload = payload;
    result.table = table;
  } else {
    const { deviations: _, ...read }: Partial<PayloadResult> = outcome;
    Object.assign(result, read);
  }
  result.raw = raw;
  result.deviations = deviations;
  return result as BlockResult;
}

/** The name of the content of a block: of the table that decoded it, or else of its type. */
export function contentName({ typeName }: BlockInfo, { table }: Pick<BlockResult, "table">): string {
  return table?.name ?? typeName;
}

type PartialPayload = NonNullable<PayloadResult["partial"]>;

/** The class of results, which are shown without the tables that decoded them. */
const Result = shownClass("BlockResult", ({ table, raw, ...rest }: BlockResult) => ({
  ...(table && { typeName: table.name }),
  ...rest,
  raw: blobJson(raw),
}));

interface PlainPayload {
  readonly bytes: Uint8Array;
  /** The size of the payload by the block header. The capture may lack some of the bytes. */
  readonly length: number;
  /** Added to the offsets of deviations. */
  readonly base: number;
  /** Set if the data ends inside the payload. */
  readonly problem: Problem | undefined;
}

function* decompressedPayload(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed: DecompressedPayload | undefined,
  deviations: Deviation[],
): SlicedWork<PlainPayload | { readonly bytes?: undefined; readonly problem: Problem }> {
  const cut = truncationProblem(block, stored.length);
  if (cut) return { problem: cut };
  for (const deviation of decompressed?.deviations ?? []) deviations.push(block.locate(deviation, 0));
  const report: Report = (deviation) => deviations.push(block.locate(deviation, block.payloadOffset));
  if (!decompressed) decoding.budget.require(block.index, stored.length);
  const { bytes, problem } = decompressed
    ? { bytes: decompressed.bytes, problem: undefined }
    : yield* decompressWork(stored, block.compression, decoding, report);
  decoding.budget.count(block.index, stored.length, bytes?.length ?? 0);
  return bytes ? { bytes, length: bytes.length, base: 0, problem: undefined } : { problem };
}

/** `length`: the size of the payload by the block header; of a decompressed payload, its own size. */
function contextOf(block: BlockInfo, length: number, stored: Uint8Array, decoding: BlockDecoding): PayloadContext {
  const { type, payloadVersion } = block;
  const { authorship, byteOrder, mayPad, limits, takeEntries } = decoding;
  const entryLimit = limits.entries(stored.length);
  const context = { type, payloadVersion, length, authorship, byteOrder, mayPad, entryLimit, takeEntries };
  return type === BlockType.MemoryRegion ? { ...context, inflatePageData: legacyPageDataInflater(decoding) } : context;
}

function cutOutcome({ payload, problem: _, deviations: __, ...read }: PayloadResult, cut: Problem): UnreportedResult {
  const partial = payload ?? read.partial;
  return { ...read, problem: cut, ...(partial ? { partial: partial as PartialPayload } : {}) };
}

/** The problem of a block whose data ends after `held` bytes of its payload; undefined if its payload is complete. */
export function truncationProblem(block: BlockInfo, held = block.payloadLength): Problem | undefined {
  const declared = block.length - BLOCK_HEADER_SIZE;
  if (held >= declared) return undefined;
  return { id: "BLK-TRUNCATED", at: held, message: `The payload has ${declared} bytes, but the data ends after ${held} of them` };
}
