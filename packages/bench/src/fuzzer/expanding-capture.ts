/** Small captures with one block whose payload decodes to many megabytes; some have a compressed payload inside a compressed payload. */

import { BLOCK, BLOCK_HEADER_BYTES, joined, viewOf } from "../captures/specimen.js";
import { lz4Expanding, sizePrefix, zstdExpanding } from "./compressed-forms.js";

const MEMORY_REGION = 0x0001;
const CONNECTIVITY_TABLE = 0x0054;
const ZSTD_FLAGS = 0x03;
const LZ4_FLAGS = 0x05;
const PAGE_SIZE_LOG2 = 12;
const PAGE_BYTES = 2 ** PAGE_SIZE_LOG2;
const REGION_HEAD_BYTES = 32;
const ROWS_AT = 8;
/** The length of a row without a body: its type, and a length of 0. */
const LEAST_ROW_BYTES = 3;
/** States of four pages: captured, failed, captured, failed. */
const ALTERNATING = 0x11;
const LARGE_WINDOW_LOG2 = 23;
const HUGE_WINDOW_LOG2 = 27;

interface Expanding {
  readonly type: number;
  readonly payload: Uint8Array;
  readonly flags: number;
  readonly payloadVersion?: number;
}

/** By name. `size`: size of the decompressed payload; for `pages`, of the data compressed inside the payload. */
const KINDS = {
  /** Captured pages of zeros. */
  region: (size: number) => zstd(MEMORY_REGION, regionHead(size), size),
  /** Captured pages of zeros, in a frame with the largest window that readers accept. */
  "region-window": (size: number) => zstd(MEMORY_REGION, regionHead(size), size, LARGE_WINDOW_LOG2),
  /** Captured pages of zeros, in a frame with a larger window. */
  "region-huge-window": (size: number) => zstd(MEMORY_REGION, regionHead(size), size, HUGE_WINDOW_LOG2),
  "region-lz4": (size: number): Expanding => {
    const head = regionHead(size);
    const repeats = size - head.length - 5;
    return { type: MEMORY_REGION, flags: LZ4_FLAGS, payload: joined([sizePrefix(size), lz4Expanding(head, repeats)]) };
  },
  /** Captured pages of zeros, compressed as in MSL 0.1, in a payload that is compressed again. */
  pages: (size: number): Expanding => {
    const pages = Math.floor(size / PAGE_BYTES);
    const data = zstdExpanding(new Uint8Array(0), 0, pages * PAGE_BYTES);
    const payload = joined([legacyRegionHead(pages), new Uint8Array(Math.ceil(pages / 32) * 8), data]);
    return { ...zstd(MEMORY_REGION, payload, payload.length), payloadVersion: 0 };
  },
  /** A page-state map without page data, with a run for each page. */
  map: (size: number) => zstd(MEMORY_REGION, mapHead(size), size, undefined, ALTERNATING),
  /** A Connectivity Table with as many rows as fit. */
  rows: (size: number) => zstd(CONNECTIVITY_TABLE, rowCount(Math.floor((size - ROWS_AT) / LEAST_ROW_BYTES)), size),
} as const;

export type ExpandingKind = keyof typeof KINDS;

export function expandingCapture(kind: ExpandingKind, size: number): Uint8Array {
  const { type, payload, flags, payloadVersion = 1 } = KINDS[kind](size);
  const block = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = viewOf(block);
  block.set(new TextEncoder().encode("MSLC"));
  view.setUint16(BLOCK.type, type, true);
  view.setUint16(BLOCK.flags, flags, true);
  view.setUint32(BLOCK.length, BLOCK_HEADER_BYTES + payload.length, true);
  view.setUint16(BLOCK.payloadVersion, payloadVersion, true);
  return joined([fileHeader(), block, payload]);
}

function zstd(type: number, lead: Uint8Array, size: number, windowLog2?: number, byte = 0): Expanding {
  return { type, flags: ZSTD_FLAGS, payload: joined([sizePrefix(size), zstdExpanding(lead, byte, size, windowLog2)]) };
}

function regionHead(size: number): Uint8Array {
  // A page takes its bytes, and 2 bits of the map, which is padded to a multiple of 8 bytes.
  return headOf(Math.floor((size - REGION_HEAD_BYTES - 8) / (PAGE_BYTES + 1 / 4)));
}

function mapHead(size: number): Uint8Array {
  return headOf(4 * (size - REGION_HEAD_BYTES - 8));
}

function headOf(pages: number): Uint8Array {
  const head = new Uint8Array(REGION_HEAD_BYTES);
  viewOf(head).setBigUint64(8, BigInt(pages) << BigInt(PAGE_SIZE_LOG2), true);
  head[0x12] = PAGE_SIZE_LOG2;
  return head;
}

/** A head of MSL 0.1, which has a u16 page size and a page count in place of PageSizeLog2. */
function legacyRegionHead(pages: number): Uint8Array {
  const head = headOf(pages);
  viewOf(head).setUint16(0x12, PAGE_BYTES, true);
  viewOf(head).setUint32(0x14, pages, true);
  return head;
}

function rowCount(rows: number): Uint8Array {
  const lead = new Uint8Array(ROWS_AT);
  viewOf(lead).setUint32(0, rows, true);
  return lead;
}

/** Version 1.1, HeaderSize 64; readers need no other field. */
function fileHeader(): Uint8Array {
  const header = new Uint8Array(64);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([1, 64, 1, 1], 8);
  return header;
}
