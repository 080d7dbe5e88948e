/** One block as plain JSON values: header fields, digests, and the payload or the reason why it cannot be decoded. */

import { Blake3 } from "@memslice/core-wasm";
import { deviationsJson } from "../deviations/deviation.js";
import { blockInfoJson } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import { hexText } from "../format/layout/uuid-text.js";
import { PAGE_STATE_CODES, type PageMap } from "../format/page-map.js";
import { regionHeadJson } from "../format/payloads/memory-region.js";
import type { BlockRegion } from "../memory/block-region.js";
import { flag, signal, tableOf } from "../options/checks.js";
import { requireOptions } from "../options/require-options.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { contentName } from "../read/decode-block.js";
import type { SlicedWork } from "../sliced-work.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { blobJsonWork, digestWork, type JsonObject, type JsonValue, layoutJsonWork } from "./layout-json.js";

/** Options of `blockJson`. */
export interface BlockJsonOptions {
  /** Adds `payloadBlake3` and `pageDataBlake3`: BLAKE3 of the decompressed payload and of the page data, in hexadecimal. Default: false. */
  readonly digests?: boolean;
  /** Stops reading; `blockJson` then throws `aborted`. */
  readonly signal?: AbortSignal;
}

export const BLOCK_JSON = tableOf<BlockJsonOptions>("blockJson")({ digests: flag, signal });

/**
 * A block as plain JSON values, as `msl dump --json` prints it: header fields, `payload`, or `problem` with the decoded fields under `partial`. Regions
 * are read piece by piece, other payloads at once. Throws the errors of `CaptureBlock.decode`, and `usage` for unknown options.
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
    ...(problem ? { problem: problemJson(problem) } : {}),
    ...(partial && table ? { partial: await inSlices(layoutJsonWork(table, partial)) } : {}),
    ...deviationsJson(deviations),
  };
}

/** Without its values, which the message has. */
function problemJson({ values: _, ...problem }: Problem): JsonObject {
  return problem;
}

interface RegionJsonOptions {
  readonly digests?: boolean;
  readonly signal?: AbortSignal;
}

/** The number of runs that JSON lists for any region, and the stored bytes of a region for each further run: a small bomb must not make a large JSON. */
const RUNS_ALWAYS = 16_384;
const STORED_BYTES_PER_RUN = 64;

/** The payload of a Memory Region, read piece by piece: its page data is never held whole. */
async function regionJson(block: CaptureBlock, { digests = false, signal }: RegionJsonOptions): Promise<JsonObject> {
  const { payload, problem: unreadable } = await block.payload(signal);
  const size = {
    payloadLength: payload.size,
    ...(digests ? { payloadBlake3: await digestOf(payload, payload.size, signal) } : {}),
  };
  const { region, problem, deviations: found } = await block.region(signal);
  if (!region) return { ...size, problem: problemJson(unreadable ?? problem), ...deviationsJson(found) };
  const checked = await region.check(signal);
  const isLimited = checked.problem?.id === "CMP-LIMIT";
  const pageStates = pageStatesJson(await region.pages(signal), RUNS_ALWAYS + block.payloadLength / STORED_BYTES_PER_RUN);
  const json = {
    ...regionHeadJson(region.head),
    ...(pageStates ? { pageStates } : {}),
    ...(isLimited ? {} : await pageDataFields(region, digests, signal)),
  };
  const deviations = deviationsJson(checked.deviations);
  const fault = unreadable ?? checked.problem ?? (pageStates ? undefined : tooManyRuns(region));
  if (fault) return { ...size, problem: problemJson(fault), partial: json, ...deviations };
  return { ...size, payload: json, ...deviations };
}

async function pageDataFields(region: BlockRegion, digests: boolean, signal: AbortSignal | undefined): Promise<JsonObject> {
  const { held, missingPages, compression } = await region.pageDataExtent(signal);
  return {
    capturedBytes: String(held),
    ...(missingPages > 0 ? { missingPages } : {}),
    ...(compression === null ? {} : { libmslCompressedPageData: compression }),
    ...(digests ? { pageDataBlake3: await digestOf(await region.pageDataSource(signal), held, signal) } : {}),
  };
}

/** Maximal runs as `[first page, pages, state code]`; undefined if there are more than `limit`. */
function pageStatesJson(pages: PageMap, limit: number): JsonValue[] | undefined {
  const runs: JsonValue[] = [];
  for (const { start, count, state } of pages.runs()) {
    if (runs.length >= limit) return undefined;
    runs.push([start, count, PAGE_STATE_CODES[state]]);
  }
  return runs;
}

function tooManyRuns({ head }: BlockRegion): Problem {
  const message = `The states of ${head.numPages} pages change too often to be listed as JSON`;
  return { id: "CMP-LIMIT", at: head.mapOffset, message };
}

/** Bytes of a slab: fewer than by default, because each region leaves two slabs to the garbage collector. Small slabs are hashed as fast as large ones. */
const DIGEST_SLAB_BYTES = 256 * 1024;

async function digestOf(source: Source, length: number, signal: AbortSignal | undefined): Promise<string> {
  const hasher = new Blake3();
  try {
    for await (const slab of readAhead(source, { end: length, slabBytes: DIGEST_SLAB_BYTES, signal })) hasher.update(slab);
    return hexText(hasher.digest());
  } finally {
    hasher.release();
  }
}
