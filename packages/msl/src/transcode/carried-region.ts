/** A region as a 1.1 capture can hold it: every captured page with all of its bytes stays captured, and the report tells of the others. */

import { isZero } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { throwIfAborted } from "../errors.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import type { PageDataCompression } from "../format/payloads/decode-payload.js";
import { wholePageData } from "../format/payloads/page-data.js";
import type { BlockRegion } from "../memory/block-region.js";
import { SLAB_BYTES } from "../source/read-ahead.js";
import type { RegionInput } from "../write/region-input.js";
import { FinerPages, KeptPages, keptPageSize } from "./carried-pages.js";
import { deviationChanges } from "./changes.js";
import { shownBytes } from "./mended.js";
import type { TranscodeChange } from "./report.js";

export interface CarriedRegion {
  readonly input: RegionInput;
  /** Bytes of page data in the output. */
  readonly bytes: number;
  /** Captured pages whose bytes are not all there. */
  readonly lost: number;
  /** Whether every address of the region reads as before, and no other address is part of it. */
  readonly exact: boolean;
  /** How MSL 0.1 stored the page data; null where it did not compress it. */
  readonly compression: PageDataCompression | null;
  readonly changes: readonly TranscodeChange[];
}

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (length: number) => void;
}

const PROTECTION_BITS = 0x1f;

export async function carriedRegion(known: BlockRegion, options: CopyOptions = {}): Promise<CarriedRegion> {
  // A capture may have millions of regions: maps and page data that are read here are not kept with the region.
  const region = known.afresh();
  const { head } = region;
  const { signal } = options;
  const kept = await keptRegion(region, signal);
  const { pages, pageSize, bytes, lost } = kept;
  const input: RegionInput = {
    baseAddr: head.baseAddr,
    regionSize: BigInt(pages.numPages) * BigInt(pageSize),
    protection: head.protection & PROTECTION_BITS,
    regionType: head.regionType,
    pageSizeLog2: Math.log2(pageSize),
    timestampNs: head.timestampNs,
    pages,
    pageData: pageData(region, kept, options),
  };
  const { deviations, problem } = await region.check(signal);
  const changes = deviationChanges(deviations);
  if (problem && problem.id !== "REG-SHORTDATA" && problem.id !== "BLK-TRUNCATED")
    changes.push({ id: "mended", lint: problem.id, message: problem.message });
  if (head.protection > PROTECTION_BITS) {
    const message = `Protection 0x${head.protection.toString(16)} has reserved bits set; they are clear`;
    changes.push({ id: "mended", lint: "PAY-RESERVED", field: "protection", message });
  }
  changes.push(...sizeChanges(region, kept), ...(await surplusOfLastPage(region, signal)));
  if (kept.undecodable && problem) changes.push(undecodablePages(problem, lost));
  else if (lost > 0) changes.push(await lostPages(region, kept, signal));
  const exact = !kept.undecodable && lost === 0 && input.regionSize === head.regionSize;
  return { input, bytes, lost, exact, compression: kept.compression, changes };
}

interface KeptRegion {
  readonly pages: PageMap;
  readonly pageSize: number;
  /** Bytes of page data in the output: of the captured pages before the first that lacks bytes. */
  readonly bytes: number;
  /** How MSL 0.1 stored the page data. */
  readonly compression: PageDataCompression | null;
  /** Captured pages without all of their bytes. */
  readonly lost: number;
  /** Whether all captured pages lack their bytes, since the page data cannot be decompressed. */
  readonly undecodable: boolean;
}

/** A region that ends inside a page gets smaller pages, so that its last page covers no address behind the region. */
async function keptRegion(region: BlockRegion, signal: AbortSignal | undefined): Promise<KeptRegion> {
  const { head } = region;
  const stored = await region.pages(signal);
  const pageSize = keptPageSize(head);
  const numPages = Number((head.regionSize + BigInt(pageSize) - 1n) / BigInt(pageSize));
  const pages = pageSize === head.pageSize ? stored : new FinerPages(stored, head.pageSize / pageSize, numPages);
  const tally = pages.tally();
  const { needed, held: there, compression } = await region.pageDataExtent(signal);
  const lacksBytes = tally.captured > 0 && there < needed;
  const isBroken = lacksBytes && (compression !== null || (await region.fault(signal)) !== undefined);
  const undecodable = lacksBytes && isBroken;
  const held = undecodable ? 0 : Math.min(tally.captured, Math.floor(there / pageSize));
  const lost = tally.captured - held;
  const kept = lost > 0 || tally.reserved > 0 ? new KeptPages(pages, held) : pages;
  return { pages: kept, pageSize, bytes: held * pageSize, compression, lost, undecodable };
}

/** The changes of page size and region size: 1.1 has whole pages only. */
function sizeChanges({ head }: BlockRegion, { pages, pageSize }: KeptRegion): TranscodeChange[] {
  const changes: TranscodeChange[] = [];
  const regionSize = BigInt(pages.numPages) * BigInt(pageSize);
  if (pageSize !== head.pageSize) {
    const message = `The region ends inside a page of ${head.pageSize} bytes; its pages have ${pageSize} bytes`;
    changes.push({ id: "mended", lint: "REG-ALIGN", field: "pageSizeLog2", message });
  }
  if (regionSize !== head.regionSize) {
    const message = `RegionSize 0x${head.regionSize.toString(16)} became 0x${regionSize.toString(16)}, whole pages`;
    changes.push({ id: "mended", lint: "REG-ALIGN", field: "regionSize", message });
  }
  return changes;
}

/** The bytes of the last page that MSL 0.1 stores behind the end of the region: they belong to no address. */
async function surplusOfLastPage(region: BlockRegion, signal?: AbortSignal): Promise<TranscodeChange[]> {
  const { head } = region;
  if (head.regionSize % BigInt(head.pageSize) === 0n) return [];
  const { needed } = await region.pageDataExtent(signal);
  const whole = wholePageData(head, await region.pages(signal));
  const source = await region.pageDataSource(signal);
  if (whole === needed || source.size < whole) return [];
  const surplus = await source.read(needed, whole - needed, signal);
  const message = `The last page has ${surplus.length} bytes behind the end of the region; they are left out`;
  if (isZero(surplus)) return [{ id: "mended", lint: "REG-SURPLUS", field: "pageData", message: `${message}: zeros` }];
  return [{ id: "dropped", lint: "REG-SURPLUS", field: "pageData", message, ...shownBytes(surplus) }];
}

async function lostPages(
  region: BlockRegion,
  { bytes, pageSize, lost }: KeptRegion,
  signal: AbortSignal | undefined,
): Promise<TranscodeChange> {
  const { needed, held } = await region.pageDataExtent(signal);
  const rest = held - bytes;
  const partial = rest > 0 ? await region.readPageData(bytes, rest, signal) : undefined;
  if (held === needed) {
    const message = `The last ${rest} bytes of the region make no page of ${pageSize} bytes: its last page is failed`;
    return { id: "pages-failed", lint: "REG-ALIGN", field: "pageStateMap", message, ...shownBytes(partial) };
  }
  const what = partial ? `; of the first of them, ${rest} bytes are there, which no page can hold` : "";
  return {
    id: "pages-failed",
    lint: region.block.truncated ? "BLK-TRUNCATED" : "REG-SHORTDATA",
    field: "pageStateMap",
    message: `${lost} captured pages of ${pageSize} bytes, all behind the first ${bytes / pageSize}, lack bytes and are failed${what}`,
    ...shownBytes(partial),
  };
}

function undecodablePages({ id, message }: Problem, lost: number): TranscodeChange {
  const sentence = `The page data cannot be decompressed, and ${lost} captured pages are failed: ${message}`;
  return { id: "pages-failed", lint: id, field: "pageData", message: sentence };
}

/** The page data of the output, in pieces. Compressed data is one piece: it is decompressed as a whole. */
async function* pageData(
  region: BlockRegion,
  { bytes: length, compression }: KeptRegion,
  { signal, onBytes }: CopyOptions,
): AsyncGenerator<Uint8Array> {
  const slab = compression !== null || region.block.compression !== "none" ? length : SLAB_BYTES;
  for (let at = 0; at < length; at += slab) {
    throwIfAborted(signal);
    const piece = await region.readPageData(at, Math.min(slab, length - at), signal);
    onBytes?.(piece.length);
    yield piece;
  }
}

/** The deviation of a block that is cut off by the end of the data. */
export function truncation(block: BlockInfo): Deviation[] {
  if (!block.truncated) return [];
  const declared = block.length - (block.payloadOffset - block.offset);
  const message = `The payload has ${declared} bytes, but the data ends after ${block.payloadLength} of them`;
  return [{ id: "BLK-TRUNCATED", message, offset: block.offset, block: block.index }];
}
