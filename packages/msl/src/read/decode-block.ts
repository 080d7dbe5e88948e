/** From a block's stored payload to what it means, with everything odd about it reported. */
import type { Decoding } from "../codec/decoding.js";
import { decompressPayload } from "../codec/decompress-payload.js";
import { legacyPageDataInflater } from "../codec/legacy-page-data.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import type { Producer } from "../format/dialects/dialects.js";
import type { Problem } from "../format/layout/decode.js";
import { decodePayload, type PayloadResult } from "../format/payloads/decode-payload.js";
import type { Deviation, Report } from "../lint/deviation.js";
import type { BlockInfo } from "./block-info.js";

export interface BlockResult extends PayloadResult {
  /** The payload's bytes, decompressed if that was possible, else as stored. */
  readonly raw: Uint8Array;
}

/** What a block is decoded with. `producer`: who wrote the capture, where other evidence in it tells. */
export interface BlockDecoding extends Decoding {
  readonly producer: Producer | undefined;
}

/**
 * `stored`: the payload as it lies in the capture, cut short in a truncated block. Offsets of deviations count from the start of the file;
 * those inside a compressed payload from the start of the decompressed one.
 */
export function decodeBlock(block: BlockInfo, stored: Uint8Array, decoding: BlockDecoding): BlockResult {
  const deviations: Deviation[] = [];
  const report: Report = (deviation) => deviations.push({ ...deviation, block: block.index });
  block.reportHeader(report);
  const cut = truncationProblem(block, stored.length);
  if (block.compression === "none") return { ...decodePlain(block, stored, cut, decoding, report), raw: stored, deviations };
  if (cut) return { problem: cut, raw: stored, deviations };
  const { bytes, problem } = decompressPayload(stored, block.compression, decoding, atOffset(block.payloadOffset, report));
  if (!bytes) return { problem, raw: stored, deviations };
  return { ...decode(block, bytes, bytes.length, decoding, report), raw: bytes, deviations };
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
  const result = decode(block, stored, length, decoding, atOffset(block.payloadOffset, report));
  if (!cut) return result;
  const partial = result.payload ?? result.partial;
  return { problem: cut, ...(partial ? { partial: { ...partial } } : {}), ...(result.table ? { table: result.table } : {}) };
}

function decode(block: BlockInfo, bytes: Uint8Array, length: number, decoding: BlockDecoding, report: Report): Outcome {
  const { type, payloadVersion } = block;
  const { strict, producer } = decoding;
  const inflatePageData = legacyPageDataInflater(decoding);
  const { deviations, ...result } = decodePayload(bytes, {
    type,
    payloadVersion,
    length,
    strict,
    producer,
    inflatePageData,
  });
  for (const deviation of deviations) report(deviation);
  return result;
}

function atOffset(offset: number, report: Report): Report {
  return (deviation) => report({ ...deviation, offset: offset + deviation.offset });
}

/** Whether the data ends inside the block, `held` bytes into its payload. */
export function truncationProblem(block: BlockInfo, held = block.payloadLength): Problem | undefined {
  const declared = block.length - BLOCK_HEADER_SIZE;
  if (held >= declared) return undefined;
  return { id: "BLK-TRUNCATED", at: held, message: `The payload has ${declared} bytes, but the data ends after ${held} of them` };
}
