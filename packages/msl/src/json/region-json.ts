/** A Memory Region as plain JSON values, read piece by piece: its page data is never held whole. */
import { Blake3 } from "@memslice/core-wasm";
import { deviationsJson } from "../deviations/deviation.js";
import type { Problem } from "../format/layout/decode.js";
import { hexText } from "../format/layout/uuid-text.js";
import { type PageMap, STATE_CODES } from "../format/page-states.js";
import { regionHeadJson } from "../format/payloads/memory-region.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import type { JsonObject, JsonValue } from "./layout-json.js";

export interface RegionJsonOptions {
  readonly digests?: boolean;
  readonly signal?: AbortSignal;
}

/** Each run of states becomes an array of three numbers. Real captures store a page of bytes for most runs; a decompression bomb does not. */
const RUNS_ALWAYS = 16_384;
const STORED_BYTES_PER_RUN = 64;

export async function regionJson(block: CaptureBlock, { digests = false, signal }: RegionJsonOptions): Promise<JsonObject> {
  const { payload, problem: unreadable } = await block.payload(signal);
  const size = {
    payloadLength: payload.size,
    ...(digests ? { payloadBlake3: await digestOf(payload, payload.size, signal) } : {}),
  };
  const { region, problem, deviations: found } = await block.region(signal);
  if (!region) return { ...size, problem: { ...(unreadable ?? problem) }, ...deviationsJson(found) };
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
  if (fault) return { ...size, problem: { ...fault }, partial: json, ...deviations };
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
    runs.push([start, count, STATE_CODES[state]]);
  }
  return runs;
}

function tooManyRuns({ head }: BlockRegion): Problem {
  const message = `The states of ${head.numPages} pages change too often to be listed as JSON`;
  return { id: "CMP-LIMIT", at: head.mapOffset, message };
}

/** Two slabs are left to be collected for each region: smaller ones than those of `readAhead`, and hashed as fast. */
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
