/** Decodes the stored payload of a block, and reports its deviations. All readers use these functions. */
import type { Decoding } from "../codec/decoding.js";
import type { DecodingAhead } from "../codec/decoding-ahead.js";
import { decompressWork } from "../codec/decompress-payload.js";
import type { Deviation, Report } from "../deviations/deviation.js";
import { rejectsBlock } from "../deviations/deviation.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Authorship } from "../format/dialects/dialects.js";
import type { ByteOrder, Problem } from "../format/layout/decode.js";
import {
  decodePayloadWork,
  type PayloadContext,
  type PayloadResult,
  type UnreportedResult,
} from "../format/payloads/decode-payload.js";
import { blobJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import { legacyPageDataInflater } from "../memory/stored-pages.js";
import { runAtOnce, type SlicedWork } from "../sliced-work.js";

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
  /** The same settings with another cache, for payloads that are decompressed once to list regions. Only for a capture with an index. */
  readonly unkept?: Decoding;
  /** Set if workers decompress the regions of the capture ahead. */
  readonly ahead?: DecodingAhead;
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
export function decodeBlock(block: BlockInfo, stored: Uint8Array, decoding: BlockDecoding): BlockResult {
  return runAtOnce(decodeBlockWork(block, stored, decoding));
}

/** `decodeBlock` in slices. The payload may be decompressed already. */
export function* decodeBlockWork(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed?: DecompressedPayload,
): SlicedWork<BlockResult> {
  const deviations = block.headerDeviations();
  const report =
    (base: number): Report =>
    (deviation) =>
      deviations.push(block.locate(deviation, base));
  const plain = yield* plainPayload(block, stored, decoding, decompressed, report);
  const raw = plain.bytes ?? stored;
  let outcome: UnreportedResult;
  if (plain.bytes) {
    const { deviations: found, ...result } = yield* decodePayloadWork(
      plain.bytes,
      contextOf(block, plain.length, stored, decoding),
    );
    for (const deviation of found) report(plain.base)(deviation);
    outcome = plain.problem ? cutOutcome(result, plain.problem) : result;
  } else outcome = { problem: plain.problem };
  const rejected = decoding.strict && outcome.payload ? rejectsBlock(deviations) : undefined;
  if (!rejected) return shownResult({ ...outcome, raw, deviations });
  // The decoded values of a payload that a strict reader refuses are given as `partial`.
  const { payload, table, provisional } = outcome;
  const problem = { id: rejected.id, at: 0, message: rejected.message };
  const read = {
    ...(table && payload ? { partial: payload as PartialPayload, table } : {}),
    ...(provisional === undefined ? {} : { provisional }),
  };
  return shownResult({ problem, ...read, raw, deviations });
}

/** The name of the content of a block: of the table that decoded it, or else of its type. */
export function contentName({ typeName }: BlockInfo, { table }: Pick<BlockResult, "table">): string {
  return table?.name ?? typeName;
}

type PartialPayload = NonNullable<PayloadResult["partial"]>;

const shownResult = shownAs("BlockResult", ({ table, raw, ...rest }: BlockResult) => ({
  ...(table && { typeName: table.name }),
  ...rest,
  raw: blobJson(raw),
}));

type PlainPayload =
  | {
      readonly bytes: Uint8Array;
      /** The size of the payload by the block header. The capture may lack some of the bytes. */
      readonly length: number;
      /** Added to the offsets of deviations. */
      readonly base: number;
      /** Set if the data ends inside the payload. */
      readonly problem: Problem | undefined;
    }
  | { readonly bytes?: undefined; readonly problem: Problem };

function* plainPayload(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed: DecompressedPayload | undefined,
  report: (base: number) => Report,
): SlicedWork<PlainPayload> {
  const cut = truncationProblem(block, stored.length);
  if (block.compression === "none") {
    return { bytes: stored, length: block.length - BLOCK_HEADER_SIZE, base: block.payloadOffset, problem: cut };
  }
  if (cut) return { problem: cut };
  for (const deviation of decompressed?.deviations ?? []) report(0)(deviation);
  const { bytes, problem } = decompressed
    ? { bytes: decompressed.bytes, problem: undefined }
    : yield* decompressWork(stored, block.compression, decoding, report(block.payloadOffset));
  return bytes ? { bytes, length: bytes.length, base: 0, problem: undefined } : { problem };
}

/** `length`: the size of the payload by the block header; of a decompressed payload, its own size. */
function contextOf(block: BlockInfo, length: number, stored: Uint8Array, decoding: BlockDecoding): PayloadContext {
  const { type, payloadVersion } = block;
  const { authorship, byteOrder, mayPad, limits } = decoding;
  const inflatePageData = legacyPageDataInflater(decoding);
  const entryLimit = limits.entries(stored.length);
  return { type, payloadVersion, length, authorship, byteOrder, mayPad, entryLimit, inflatePageData };
}

function cutOutcome({ payload, problem: _, ...read }: UnreportedResult, cut: Problem): UnreportedResult {
  const partial = payload ?? read.partial;
  return { ...read, problem: cut, ...(partial ? { partial: partial as PartialPayload } : {}) };
}

/** The problem of a block whose data ends after `held` bytes of its payload; undefined if its payload is complete. */
export function truncationProblem(block: BlockInfo, held = block.payloadLength): Problem | undefined {
  const declared = block.length - BLOCK_HEADER_SIZE;
  if (held >= declared) return undefined;
  return { id: "BLK-TRUNCATED", at: held, message: `The payload has ${declared} bytes, but the data ends after ${held} of them` };
}
