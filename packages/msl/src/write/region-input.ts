/** A region as the caller gives it to the writer, and the checks that it passes before a byte of it is written. */
import { MslError } from "../errors.js";
import { type CodeOf, REGION_TYPE } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { EncodePath } from "../format/layout/encode-buffer.js";
import type { PageMap } from "../format/page-map.js";
import { pagesOf } from "../format/page-states.js";
import { ADDRESS_SPACE_END, MEMORY_REGION } from "../format/payloads/memory-region.js";
import { ChunkQueue } from "../source/chunk-queue.js";
import { isUint8Array } from "../tags.js";

/** The bytes of the captured pages, in page order: one array, several arrays, or a stream of chunks of any size. */
export type PageData =
  | Uint8Array
  | readonly Uint8Array[]
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/**
 * A Memory Region to write (specification: Memory Region). To copy a region of another capture, pass
 * `{ ...region.head, pages: await region.pages(), pageData }`.
 */
export interface RegionInput {
  /** The address of the first page, 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Bytes of address space, a multiple of the page size. The region ends at 2^64 at the latest and has at most 2^53 - 1 pages. */
  readonly regionSize: bigint;
  /** 0 to 31, the sum of the bits 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. */
  readonly protection: number;
  /** Kind of memory: a registered name of `REGION_TYPE`, such as "heap", or a code, 0 to 255. */
  readonly regionType: CodeOf<typeof REGION_TYPE>;
  /** The binary logarithm of the page size, 10 to 40. null in regions of older layouts, which have `pageSize`. */
  readonly pageSizeLog2: number | null;
  /** The page size in bytes, a power of two from 2^10 to 2^40. Read only if `pageSizeLog2` is null. */
  readonly pageSize?: number;
  /** The time when the region was read, in nanoseconds since 1970 UTC; 0 unknown. */
  readonly timestampNs: bigint;
  /** The state of every page, as `pagesOf` makes it. The reserved state 11 is refused. Default: all pages are captured. */
  readonly pages?: PageMap | undefined;
  /** The number of captured pages times the page size, in bytes. May be left out if no page is captured. */
  readonly pageData?: PageData | undefined;
}

/** A region that passed all checks, without its page data. */
export interface RegionShape {
  readonly baseAddr: bigint;
  readonly protection: number;
  readonly regionType: number;
  readonly pageSizeLog2: number;
  readonly pageSize: number;
  readonly timestampNs: bigint;
  readonly pages: PageMap;
  /** The head of the payload of the whole region. */
  readonly head: Uint8Array;
}

const PAGE_SIZE_LOG2_LEAST = 10;
const PAGE_SIZE_LOG2_MOST = 40;
const PROTECTION_MOST = 0x1f;
const PATH = new EncodePath(MEMORY_REGION.name);

/** Throws `bad-value` naming the field for a region that the format cannot hold, and `limit` for 2^53 pages or more. */
export function regionShape(region: RegionInput): RegionShape {
  if (typeof region !== "object" || region === null) throw PATH.refuse(region, "an object");
  const { baseAddr, regionSize, protection, timestampNs } = region;
  const regionType = PATH.field("regionType").codeNumber(REGION_TYPE, region.regionType);
  const pageSizeLog2 = requirePageSize(region);
  if (!Number.isInteger(protection) || protection < 0 || protection > PROTECTION_MOST) {
    throw PATH.field("protection").refuse(protection, `0 to ${PROTECTION_MOST}: bits 5 to 7 are reserved`);
  }
  if (typeof baseAddr !== "bigint" || baseAddr < 0n || baseAddr >= ADDRESS_SPACE_END) {
    throw PATH.field("baseAddr").refuse(baseAddr, "a bigint from 0 to 2^64 - 1");
  }
  if (typeof regionSize !== "bigint" || regionSize < 0n || regionSize & ((1n << BigInt(pageSizeLog2)) - 1n)) {
    throw PATH.field("regionSize").refuse(regionSize, `a multiple of the page size, 2^${pageSizeLog2}`);
  }
  if (baseAddr + regionSize > ADDRESS_SPACE_END) {
    throw PATH.field("regionSize").refuse(regionSize, `at most ${ADDRESS_SPACE_END - baseAddr}, the end of the address space`);
  }
  // Values out of range are refused before a block begins.
  const head = encodeLayout(MEMORY_REGION, { baseAddr, regionSize, protection, regionType, pageSizeLog2, timestampNs });
  const pages = requirePages(region.pages, regionSize >> BigInt(pageSizeLog2));
  return { baseAddr, protection, regionType, pageSizeLog2, pageSize: 2 ** pageSizeLog2, timestampNs, pages, head };
}

function requirePageSize({ pageSizeLog2, pageSize }: RegionInput): number {
  const log2 = pageSizeLog2 ?? Math.log2(pageSize ?? 0);
  if (Number.isInteger(log2) && log2 >= PAGE_SIZE_LOG2_LEAST && log2 <= PAGE_SIZE_LOG2_MOST) return log2;
  const field = pageSizeLog2 === null ? PATH.field("pageSize").refuse(pageSize, "a power of two from 2^10 to 2^40") : undefined;
  throw field ?? PATH.field("pageSizeLog2").refuse(pageSizeLog2, `${PAGE_SIZE_LOG2_LEAST} to ${PAGE_SIZE_LOG2_MOST}`);
}

function requirePages(given: PageMap | undefined, wanted: bigint): PageMap {
  if (wanted > BigInt(Number.MAX_SAFE_INTEGER))
    throw new MslError("limit", `The region has ${wanted} pages, expected at most 2^53 - 1`);
  if (given !== undefined && !isPageMap(given)) throw PATH.field("pages").refuse(given, "page states, as pagesOf makes them");
  const pages = given ?? pagesOf([{ count: Number(wanted), state: "captured" }]);
  if (BigInt(pages.numPages) !== wanted) {
    throw PATH.field("pages").fault(`has ${pages.numPages} states, but regionSize makes ${wanted} pages`);
  }
  if (pages.tally().reserved > 0) {
    const page = [...reservedRuns(pages)][0] ?? 0;
    throw PATH.field("pages").fault(
      `has the reserved state 11 at page ${page}, which a producer must not write; readers take it as failed`,
    );
  }
  return pages;
}

function isPageMap(given: unknown): given is PageMap {
  const { numPages, tally, stateAt, capturedBefore, runs } = (given ?? {}) as Partial<Record<keyof PageMap, unknown>>;
  return Number.isSafeInteger(numPages) && [tally, stateAt, capturedBefore, runs].every((method) => typeof method === "function");
}

function* reservedRuns(pages: PageMap): Generator<number> {
  for (const { start, state } of pages.runs()) if (state === "reserved") yield start;
}

/** Members of which a stream of chunks has at least one. */
const STREAM_MEMBERS = [Symbol.asyncIterator, Symbol.iterator, "getReader"] as const;

/**
 * Makes a queue of the page data of a region. `needed`: bytes that the captured pages need. Throws `bad-value` at once for input of another type,
 * and for arrays of another total length; the length of a stream is known only at its end.
 */
export function pageDataOf(input: PageData | undefined, needed: number, signal?: AbortSignal): () => ChunkQueue {
  const parts = input === undefined ? [] : isUint8Array(input) ? [input] : input;
  requireChunks(parts);
  const known = Array.isArray(parts) ? parts.reduce((sum: number, part: Uint8Array) => sum + part.length, 0) : needed;
  if (known !== needed) {
    throw new MslError("bad-value", `MemoryRegion.pageData has ${known} bytes, but the captured pages need ${needed}`);
  }
  return () => new ChunkQueue(parts, signal);
}

function requireChunks(parts: unknown): void {
  const path = PATH.field("pageData");
  const odd = Array.isArray(parts) ? parts.findIndex((part) => !isUint8Array(part)) : -1;
  if (odd >= 0) throw path.entry().refuse((parts as readonly unknown[])[odd], "a Uint8Array", [odd]);
  const isStream = typeof parts === "object" && parts !== null && STREAM_MEMBERS.some((member) => member in parts);
  if (!isStream) throw path.refuse(parts, "a Uint8Array, an array of them, or a stream of them");
}
