/** A Memory Region as plain JSON values, read piece by piece: its page data is never held whole. */
import { Blake3 } from "@memslice/core-wasm";
import { pause } from "#pause";
import { hexText } from "../format/layout/uuid-text.js";
import type { PageMap, PageState } from "../format/page-states.js";
import { MEMORY_REGION } from "../format/payloads/memory-region.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { deviationsJson } from "./deviations-json.js";
import { type JsonObject, type JsonValue, layoutJson } from "./layout-json.js";

export interface RegionJsonOptions {
  readonly digests?: boolean;
  readonly signal?: AbortSignal;
}

const STATE_CODE: Record<PageState, number> = { captured: 0, failed: 1, unmapped: 2, reserved: 3 };
const PIECE_BYTES = 1024 * 1024;

export async function regionJson(block: CaptureBlock, { digests = false, signal }: RegionJsonOptions): Promise<JsonObject> {
  const { payload, problem: unreadable } = await block.payload(signal);
  const size = {
    payloadLength: payload.size,
    ...(digests ? { payloadBlake3: await digestOf((offset, length) => payload.read(offset, length, signal), payload.size) } : {}),
  };
  const { region, problem, deviations: found } = await block.region(signal);
  if (!region) return { ...size, problem: { ...(unreadable ?? problem) }, ...deviationsJson(found) };
  const checked = await region.check(signal);
  const json = await regionFields(region, digests, signal);
  const deviations = deviationsJson(checked.deviations);
  const fault = unreadable ?? checked.problem;
  if (fault) return { ...size, problem: { ...fault }, partial: json, ...deviations };
  return { ...size, payload: json, ...deviations };
}

async function regionFields(region: BlockRegion, digests: boolean, signal: AbortSignal | undefined): Promise<JsonObject> {
  const { head } = region;
  const pages = await region.pages(signal);
  const { held, compression } = await region.pageData(signal);
  return {
    ...layoutJson(MEMORY_REGION, { ...head }),
    layout: head.layout,
    pageSize: String(head.pageSize),
    numPages: String(head.numPages),
    pageStates: pageStatesJson(pages),
    capturedBytes: String(held),
    ...(compression === null ? {} : { libmslCompressedPageData: compression }),
    ...(digests ? { pageDataBlake3: await digestOf((offset, length) => region.readPageData(offset, length, signal), held) } : {}),
  };
}

/** Maximal runs as `[first page, pages, state code]`. */
function pageStatesJson(pages: PageMap): JsonValue {
  return Array.from(pages.runs(), ({ start, count, state }) => [start, count, STATE_CODE[state]]);
}

async function digestOf(read: (offset: number, length: number) => Promise<Uint8Array>, length: number): Promise<string> {
  const hasher = new Blake3();
  try {
    for (let done = 0; done < length; done += PIECE_BYTES) {
      hasher.update(await read(done, Math.min(PIECE_BYTES, length - done)));
      await pause();
    }
    return hexText(hasher.digest());
  } finally {
    hasher.release();
  }
}
