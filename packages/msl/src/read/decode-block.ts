/** From a block's stored payload to what it means, with everything odd about it reported at file offsets. */
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import { decodePayload, type PayloadResult } from "../format/payloads/decode-payload.js";
import type { Deviation, Report } from "../lint/deviation.js";
import type { BlockInfo } from "./block-info.js";

export interface BlockResult extends PayloadResult {
  /** The payload's bytes, decompressed if that was possible, else as stored. */
  readonly raw: Uint8Array;
}

/** `stored`: the payload as it lies in the capture, cut short in a truncated block. */
export function decodeBlock(block: BlockInfo, stored: Uint8Array, strict: boolean): BlockResult {
  const deviations: Deviation[] = [];
  const report: Report = (deviation) => deviations.push({ ...deviation, block: block.index });
  block.reportHeader(report);
  const packed = compressionProblem(block);
  if (packed) return { problem: packed, raw: stored, deviations };
  const result = decodePayload(stored, {
    type: block.type,
    payloadVersion: block.payloadVersion,
    length: block.length - BLOCK_HEADER_SIZE,
    strict,
  });
  for (const deviation of result.deviations) report({ ...deviation, offset: block.payloadOffset + deviation.offset });
  const cut = truncationProblem(block, stored.length);
  if (!cut) return { ...result, raw: stored, deviations };
  const partial = result.payload ?? result.partial;
  return { problem: cut, ...(partial ? { partial: { ...partial } } : {}), raw: stored, deviations };
}

/** Whether the data ends inside the block, `held` bytes into its payload. */
export function truncationProblem(block: BlockInfo, held = block.payloadLength): Problem | undefined {
  const declared = block.length - BLOCK_HEADER_SIZE;
  if (held >= declared) return undefined;
  return { id: "BLK-TRUNCATED", at: held, message: `The payload has ${declared} bytes, but the data ends after ${held} of them` };
}

export function compressionProblem({ compression }: BlockInfo): Problem | undefined {
  if (compression === "none") return undefined;
  return { id: "BLK-COMPALGO", at: 0, message: `The payload is compressed (${compression}), which is not read yet` };
}
