/** A region on its way into a 1.1 capture: every page whose bytes are all there, and the truth about the others. */
import { MslError, throwIfAborted } from "../errors.js";
import { wholePageData } from "../format/payloads/page-data.js";
import type { Deviation } from "../lint/deviation.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { RegionInput } from "../write/region-input.js";
import { KeptPages } from "./kept-pages.js";
import { shownBytes } from "./mended.js";
import { deviationChanges } from "./payload-changes.js";
import type { TranscodeChange } from "./report.js";

export interface CarriedRegion {
  readonly input: RegionInput;
  /** Bytes of page data that go over. */
  readonly bytes: number;
  /** Captured pages whose bytes are not all there. */
  readonly lost: number;
  readonly changes: readonly TranscodeChange[];
}

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (length: number) => void;
}

const SLAB_BYTES = 1024 * 1024;
const PROTECTION_BITS = 0x1f;
/** Most zero bytes that whole-payload padding adds. */
const PADDING_MOST = 7;

export async function carriedRegion(region: BlockRegion, options: CopyOptions = {}): Promise<CarriedRegion> {
  const { head } = region;
  const { signal } = options;
  const pages = await region.pages(signal);
  const { held, undecodable } = await heldPages(region, signal);
  const tally = pages.tally();
  const lost = tally.captured - held;
  const kept = lost > 0 || tally.reserved > 0 ? new KeptPages(pages, held) : pages;
  const bytes = held * head.pageSize;
  const input: RegionInput = {
    baseAddr: head.baseAddr,
    regionSize: BigInt(head.numPages) * BigInt(head.pageSize),
    protection: head.protection & PROTECTION_BITS,
    regionType: head.regionType,
    pageSizeLog2: Math.log2(head.pageSize),
    timestampNs: head.timestampNs,
    pages: kept,
    pageData: pageData(region, bytes, options),
  };
  const { deviations, problem } = await region.check(signal);
  const changes = deviationChanges(deviations);
  if (problem && problem.id !== "REG-SHORTDATA") changes.push({ id: "mended", lint: problem.id, message: problem.message });
  if (head.protection > PROTECTION_BITS) {
    const message = `Protection 0x${head.protection.toString(16)} has reserved bits set; they are clear`;
    changes.push({ id: "mended", lint: "PAY-RESERVED", field: "protection", message });
  }
  if (input.regionSize !== head.regionSize) {
    const message = `RegionSize 0x${head.regionSize.toString(16)} became 0x${input.regionSize.toString(16)}, whole pages`;
    changes.push({ id: "mended", lint: "REG-ALIGN", field: "regionSize", message });
  }
  if (undecodable) changes.push(undecodablePages(region, lost));
  else if (lost > 0) changes.push(await lostPages(region, held, lost, signal));
  return { input, bytes, lost, changes };
}

interface HeldPages {
  /** How many captured pages, counted from the first, have all their bytes. */
  readonly held: number;
  /** Whether none has any, since the page data cannot be decompressed. */
  readonly undecodable: boolean;
}

async function heldPages(region: BlockRegion, signal: AbortSignal | undefined): Promise<HeldPages> {
  const { head } = region;
  const pages = await region.pages(signal);
  const { captured } = pages.tally();
  const { needed, held: bytes, compression } = await region.pageData(signal);
  if (captured > 0 && compression !== null && bytes < needed) return { held: 0, undecodable: true };
  const whole = wholePageData(head, pages);
  // MSL 0.1 ends the last page where the region ends, or stores it whole; up to 7 zeros may be padding, and are no memory.
  const all = bytes >= needed && whole - needed > PADDING_MOST && (await hasByte(region, whole - 1, signal));
  return { held: all ? captured : Math.floor(bytes / head.pageSize), undecodable: false };
}

async function hasByte(region: BlockRegion, at: number, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await region.readPageData(at, 1, signal);
    return true;
  } catch (error) {
    if (error instanceof MslError && error.code === "truncated") return false;
    throw error;
  }
}

async function lostPages(region: BlockRegion, held: number, lost: number, signal?: AbortSignal): Promise<TranscodeChange> {
  const { pageSize } = region.head;
  const rest = (await region.pageData(signal)).held - held * pageSize;
  const partial = rest > 0 ? await region.readPageData(held * pageSize, rest, signal) : undefined;
  const what = partial ? `; of the first of them, ${rest} bytes are there, which no page can hold` : "";
  return {
    id: "pages-failed",
    lint: region.block.truncated ? "BLK-TRUNCATED" : "REG-SHORTDATA",
    field: "pageStateMap",
    message: `${lost} captured pages of ${pageSize} bytes, all behind the first ${held}, lack bytes and are failed${what}`,
    ...shownBytes(partial),
  };
}

function undecodablePages({ head }: BlockRegion, lost: number): TranscodeChange {
  const message = `The page data, ${head.dataLength} bytes, is compressed and cannot be decompressed: ${lost} captured pages are failed`;
  return { id: "pages-failed", lint: "CMP-SIZE", field: "pageData", message };
}

/** The first `length` bytes of page data. Decompressed data is in memory as a whole, and is not decompressed for each piece. */
async function* pageData(region: BlockRegion, length: number, { signal, onBytes }: CopyOptions): AsyncGenerator<Uint8Array> {
  const { compression } = await region.pageData(signal);
  const slab = compression !== null || region.block.compression !== "none" ? length : SLAB_BYTES;
  for (let at = 0; at < length; at += slab) {
    throwIfAborted(signal);
    const piece = await region.readPageData(at, Math.min(slab, length - at), signal);
    onBytes?.(piece.length);
    yield piece;
  }
}

/** What is odd about a block that ends with the data. */
export function truncation(region: BlockRegion): Deviation[] {
  const { block } = region;
  if (!block.truncated) return [];
  const declared = block.length - (block.payloadOffset - block.offset);
  const message = `The payload has ${declared} bytes, but the data ends after ${block.payloadLength} of them`;
  return [{ id: "BLK-TRUNCATED", message, offset: block.offset, block: block.index }];
}
