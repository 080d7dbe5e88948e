/** From a block's stored payload to what it means, with everything odd about it reported. */
import type { Decoding } from "../codec/decoding.js";
import { decompressPayload } from "../codec/decompress-payload.js";
import { legacyPageDataInflater } from "../codec/legacy-page-data.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Authorship } from "../format/dialects/dialects.js";
import type { ByteOrder, Problem } from "../format/layout/decode.js";
import { decodePayload, type PayloadResult } from "../format/payloads/decode-payload.js";
import { blobJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import type { Deviation, Report } from "../lint/deviation.js";
import { rejectsBlock } from "../lint/strict-policy.js";

export interface BlockResult extends PayloadResult {
  /** The payload's bytes, decompressed if that was possible, else as stored. */
  readonly raw: Uint8Array;
}

/** What a block is decoded with. `authorship`: who wrote the capture, as far as other evidence in it tells. */
export interface BlockDecoding extends Decoding {
  readonly authorship: Authorship;
  readonly byteOrder: ByteOrder;
  /** Whether the writer may have filled payloads with zeros up to a multiple of 8 bytes. */
  readonly mayPad: boolean;
}

/** A payload that is decompressed already, and what was reported about that. */
export interface DecompressedPayload {
  readonly bytes: Uint8Array;
  readonly deviations: readonly Deviation[];
}

/**
 * `stored`: the payload as it lies in the capture, cut short in a truncated block. Offsets of deviations count from the start of the file;
 * those inside a compressed payload from the start of the decompressed one.
 */
export function decodeBlock(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed?: DecompressedPayload,
): BlockResult {
  const deviations = block.headerDeviations();
  const report =
    (base: number): Report =>
    (deviation) =>
      deviations.push(block.locate(deviation, base));
  const { raw, ...outcome } = decodeStored(block, stored, decoding, decompressed, report);
  const rejected = decoding.strict && outcome.payload ? rejectsBlock(deviations) : undefined;
  if (!rejected) return shownResult({ ...outcome, raw, deviations });
  // What a strict consumer refuses is reported, and not lost.
  const { payload, table, provisional } = outcome;
  const problem = { id: rejected.id, at: 0, message: rejected.message };
  const read = {
    ...(table && payload ? { partial: payload as PartialPayload, table } : {}),
    ...(provisional === undefined ? {} : { provisional }),
  };
  return shownResult({ problem, ...read, raw, deviations });
}

/** The name of what a block holds: that of the table which reads it, and of its code where none does. */
export function contentName({ typeName }: BlockInfo, { table }: Pick<BlockResult, "table">): string {
  return table?.name ?? typeName;
}

type PartialPayload = NonNullable<PayloadResult["partial"]>;

const shownResult = shownAs("BlockResult", ({ table, raw, ...rest }: BlockResult) => ({
  ...(table && { typeName: table.name }),
  ...rest,
  raw: blobJson(raw),
}));

function decodeStored(
  block: BlockInfo,
  stored: Uint8Array,
  decoding: BlockDecoding,
  decompressed: DecompressedPayload | undefined,
  report: (base: number) => Report,
): Outcome & { readonly raw: Uint8Array } {
  const cut = truncationProblem(block, stored.length);
  if (block.compression === "none") {
    return { ...decodePlain(block, stored, cut, decoding, report(block.payloadOffset)), raw: stored };
  }
  if (cut) return { problem: cut, raw: stored };
  for (const deviation of decompressed?.deviations ?? []) report(0)(deviation);
  const result = decompressed
    ? { bytes: decompressed.bytes, problem: undefined }
    : decompressPayload(stored, block.compression, decoding, report(block.payloadOffset));
  if (!result.bytes) return { problem: result.problem, raw: stored };
  const { bytes } = result;
  return { ...decode(block, { bytes, length: bytes.length, stored: stored.length }, decoding, report(0)), raw: bytes };
}

type Outcome = Omit<PayloadResult, "deviations">;

function decodePlain(
  block: BlockInfo,
  stored: Uint8Array,
  cut: Problem | undefined,
  decoding: BlockDecoding,
  report: Report,
): Outcome {
  const length = block.length - BLOCK_HEADER_SIZE;
  const result = decode(block, { bytes: stored, length, stored: stored.length }, decoding, report);
  if (!cut) return result;
  const { payload, problem: _, ...read } = result;
  const partial = payload ?? read.partial;
  return { ...read, problem: cut, ...(partial ? { partial: partial as PartialPayload } : {}) };
}

interface PlainPayload {
  readonly bytes: Uint8Array;
  /** Bytes that there should be. */
  readonly length: number;
  /** Bytes that are stored of it, compressed or not. */
  readonly stored: number;
}

function decode(block: BlockInfo, { bytes, length, stored }: PlainPayload, decoding: BlockDecoding, report: Report): Outcome {
  const { type, payloadVersion } = block;
  const { authorship, byteOrder, mayPad, limits } = decoding;
  const inflatePageData = legacyPageDataInflater(decoding);
  const { deviations, ...result } = decodePayload(bytes, {
    type,
    payloadVersion,
    length,
    authorship,
    byteOrder,
    mayPad,
    entryLimit: limits.entries(stored),
    inflatePageData,
  });
  for (const deviation of deviations) report(deviation);
  return result;
}

/** Whether the data ends inside the block, `held` bytes into its payload. */
export function truncationProblem(block: BlockInfo, held = block.payloadLength): Problem | undefined {
  const declared = block.length - BLOCK_HEADER_SIZE;
  if (held >= declared) return undefined;
  return { id: "BLK-TRUNCATED", at: held, message: `The payload has ${declared} bytes, but the data ends after ${held} of them` };
}
