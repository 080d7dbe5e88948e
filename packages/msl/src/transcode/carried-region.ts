/** A region as a 1.1 capture can hold it: every captured page with all of its bytes stays captured, and the report lists the others. */

import { isZero } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { throwIfAborted } from "../errors.js";
import type { BlockInfo } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import type { PageDataCompression } from "../format/payloads/page-data.js";
import { wholePageData } from "../format/payloads/page-data.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { RegionReading } from "../memory/region-reading.js";
import { SLAB_BYTES } from "../source/read-ahead.js";
import type { PageData, RegionInput } from "../write/region-input.js";
import { FinerPages, KeptPages, keptPageSize } from "./carried-pages.js";
import { deviationChanges } from "./changes.js";
import { shownBytes } from "./mended.js";
import type { TranscodeChange } from "./report.js";

export interface CarriedRegion {
  readonly input: RegionInput;
  /** The page states of `input`. */
  readonly pages: PageMap;
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
  /** Called with the length of each piece of page data that is read. Without it, `input` is for decisions only and has no page data. */
  readonly onBytes?: (length: number) => void;
}

const PROTECTION_BITS = 0x1f;

export async function carriedRegion(region: BlockRegion, { signal, onBytes }: CopyOptions = {}): Promise<CarriedRegion> {
  const read = await region.reading(signal);
  const { head, problem } = read;
  const kept = keptRegion(read);
  const { pages, pageSize, bytes, lost } = kept;
  const input: RegionInput = {
    baseAddr: head.baseAddr,
    regionSize: BigInt(pages.numPages) * BigInt(pageSize),
    protection: head.protection & PROTECTION_BITS,
    regionType: head.regionType,
    pageSizeLog2: Math.log2(pageSize),
    timestampNs: head.timestampNs,
    pages,
    pageData: onBytes && bytes > 0 ? await pageData(read, bytes, onBytes, signal) : [],
  };
  const changes = deviationChanges(read.deviations);
  if (problem && problem.id !== "REG-SHORTDATA" && problem.id !== "BLK-TRUNCATED")
    changes.push({ id: "mended", lint: problem.id, message: problem.message });
  if (head.protection > PROTECTION_BITS) {
    const message = `Protection 0x${head.protection.toString(16)} has reserved bits set; they are clear`;
    changes.push({ id: "mended", lint: "PAY-RESERVED", field: "protection", message });
  }
  const isWhole = head.regionSize % BigInt(head.pageSize) === 0n;
  noteSizes(read, kept, input.regionSize, changes);
  if (!isWhole) changes.push(...(await surplusOfLastPage(read, signal)));
  if (kept.undecodable && problem) changes.push(undecodablePages(problem, lost));
  else if (lost > 0) changes.push(await lostPages(read, kept, signal));
  const exact = !kept.undecodable && lost === 0 && input.regionSize === head.regionSize;
  return { input, pages, bytes, lost, exact, compression: read.extent.compression, changes };
}

interface KeptRegion {
  readonly pages: PageMap;
  readonly pageSize: number;
  /** Bytes of page data in the output: of the captured pages before the first that lacks bytes. */
  readonly bytes: number;
  readonly lost: number;
  /** Whether the page data cannot be decompressed. */
  readonly undecodable: boolean;
}

function keptRegion({ head, pages: stored, extent, fault }: RegionReading): KeptRegion {
  const pageSize = keptPageSize(head);
  const numPages = Number((head.regionSize + BigInt(pageSize) - 1n) / BigInt(pageSize));
  const pages = pageSize === head.pageSize ? stored : new FinerPages(stored, head.pageSize / pageSize, numPages);
  const tally = pages.tally();
  const { needed, held: there, compression } = extent;
  const lacksBytes = tally.captured > 0 && there < needed;
  const undecodable = lacksBytes && (compression !== null || fault !== undefined);
  const held = undecodable ? 0 : Math.min(tally.captured, Math.floor(there / pageSize));
  const lost = tally.captured - held;
  const kept = lost > 0 || tally.reserved > 0 ? new KeptPages(pages, held) : pages;
  return { pages: kept, pageSize, bytes: held * pageSize, lost, undecodable };
}

/** Adds the changes of page size and region size: 1.1 has whole pages only. */
function noteSizes({ head }: RegionReading, { pageSize }: KeptRegion, regionSize: bigint, changes: TranscodeChange[]): void {
  if (pageSize !== head.pageSize) {
    const message = `The region ends inside a page of ${head.pageSize} bytes; its pages have ${pageSize} bytes`;
    changes.push({ id: "mended", lint: "REG-ALIGN", field: "pageSizeLog2", message });
  }
  if (regionSize !== head.regionSize) {
    const message = `RegionSize 0x${head.regionSize.toString(16)} became 0x${regionSize.toString(16)}, whole pages`;
    changes.push({ id: "mended", lint: "REG-ALIGN", field: "regionSize", message });
  }
}

/** The bytes of a last page that the region ends in, which MSL 0.1 stores behind the end of the region: they belong to no address. */
async function surplusOfLastPage(
  { head, pages, extent, pageData: source }: RegionReading,
  signal: AbortSignal | undefined,
): Promise<TranscodeChange[]> {
  const { needed } = extent;
  const whole = wholePageData(head, pages);
  if (whole === needed || source.size < whole) return [];
  const surplus = await source.read(needed, whole - needed, signal);
  const message = `The last page has ${surplus.length} bytes behind the end of the region; they are left out`;
  if (isZero(surplus)) return [{ id: "mended", lint: "REG-SURPLUS", field: "pageData", message: `${message}: zeros` }];
  return [{ id: "dropped", lint: "REG-SURPLUS", field: "pageData", message, ...shownBytes(surplus) }];
}

async function lostPages(
  { block, extent, pageData: source }: RegionReading,
  { bytes, pageSize, lost }: KeptRegion,
  signal: AbortSignal | undefined,
): Promise<TranscodeChange> {
  const { needed, held } = extent;
  const rest = held - bytes;
  const partial = rest > 0 ? await source.read(bytes, rest, signal) : undefined;
  if (held === needed) {
    const message = `The last ${rest} bytes of the region make no page of ${pageSize} bytes: its last page is failed`;
    return { id: "pages-failed", lint: "REG-ALIGN", field: "pageStateMap", message, ...shownBytes(partial) };
  }
  const where = bytes > 0 ? `, all behind the first ${bytes / pageSize},` : "";
  const what = partial ? `; of the first of them, ${rest} bytes are there, which no page can hold` : "";
  return {
    id: "pages-failed",
    lint: block.truncated ? "BLK-TRUNCATED" : "REG-SHORTDATA",
    field: "pageStateMap",
    message: `${lost} captured pages of ${pageSize} bytes${where} lack bytes and are failed${what}`,
    ...shownBytes(partial),
  };
}

function undecodablePages({ id, message }: Problem, lost: number): TranscodeChange {
  const sentence = `The page data cannot be decompressed, and ${lost} captured pages are failed: ${message}`;
  return { id: "pages-failed", lint: id, field: "pageData", message: sentence };
}

/** Page data up to this size is read before the region is written. */
const READ_AT_ONCE = 64 * 1024;

/** The first `length` bytes of the page data. */
async function pageData(
  read: RegionReading,
  length: number,
  onBytes: (length: number) => void,
  signal: AbortSignal | undefined,
): Promise<PageData> {
  if (length > READ_AT_ONCE) return piecesOf(read, length, onBytes, signal);
  throwIfAborted(signal);
  const bytes = await read.pageData.read(0, length, signal);
  onBytes(length);
  return bytes;
}

/** Compressed data is one piece: it is decompressed as a whole. */
async function* piecesOf(
  { block, extent, pageData: source }: RegionReading,
  length: number,
  onBytes: (length: number) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const slab = extent.compression !== null || block.compression !== "none" ? length : SLAB_BYTES;
  for (let at = 0; at < length; at += slab) {
    throwIfAborted(signal);
    const piece = await source.read(at, Math.min(slab, length - at), signal);
    onBytes(piece.length);
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
