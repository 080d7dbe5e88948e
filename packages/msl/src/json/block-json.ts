/** One block as plain JSON values: header fields, digests, and the payload or the reason why there is none. */

import { deviationsJson } from "../deviations/deviation.js";
import { BlockType } from "../format/codes.js";
import { hexText } from "../format/layout/uuid-text.js";
import { BLOCK_JSON } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { contentName } from "../read/decode-block.js";
import type { SlicedWork } from "../sliced-work.js";
import { runInSlices } from "../source/time-slice.js";
import { blockInfoJson } from "./header-json.js";
import { blobJsonWork, digestWork, type JsonObject, layoutJsonWork } from "./layout-json.js";
import { regionJson } from "./region-json.js";

export interface BlockJsonOptions {
  /** Adds `payloadBlake3` and `pageDataBlake3`: BLAKE3 of the decompressed payload and of the page data, in hexadecimal. Default: false. */
  readonly digests?: boolean;
  /** Stops reading; `blockJson` then throws `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * A block as plain JSON values, as `msl dump --json` prints it: header fields, `payload`, or `problem` with what could be decoded as `partial`. Regions
 * are read piece by piece, other payloads at once. Throws as `CaptureBlock.decode` does, and `usage` for options that it does not have.
 */
export async function blockJson(block: CaptureBlock, options: BlockJsonOptions = {}): Promise<JsonObject> {
  requireOptions(BLOCK_JSON, options);
  const header = { ...blockInfoJson(block), prevHash: hexText(await block.prevHash(options.signal)) };
  const content = block.type === BlockType.MemoryRegion ? await regionJson(block, options) : await payloadJson(block, options);
  return { ...header, ...content };
}

async function payloadJson(block: CaptureBlock, { digests = false, signal }: BlockJsonOptions): Promise<JsonObject> {
  const result = await block.decode(signal);
  const { payload, partial, problem, raw, table, deviations } = result;
  const inSlices = <T>(work: SlicedWork<T>) => runInSlices(work, signal);
  const isRaw = payload?.kind === "Raw" || !table;
  return {
    typeName: contentName(block, result),
    payloadLength: raw.length,
    ...(digests ? { payloadBlake3: await inSlices(digestWork(raw)) } : {}),
    ...(payload
      ? { payload: isRaw ? { raw: await inSlices(blobJsonWork(raw)) } : await inSlices(layoutJsonWork(table, { ...payload })) }
      : {}),
    ...(problem ? { problem: { ...problem } } : {}),
    ...(partial && table ? { partial: await inSlices(layoutJsonWork(table, partial)) } : {}),
    ...deviationsJson(deviations),
  };
}
