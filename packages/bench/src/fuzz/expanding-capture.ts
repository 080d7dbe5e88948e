/** Small captures that decode to much: one block, zstd, 4 bytes stored for each 128 KiB. */
import { sizePrefix, zstdExpanding } from "./compressed-forms.js";
import { BLOCK, BLOCK_HEADER_BYTES, joined, viewOf } from "./specimen.js";

const MEMORY_REGION = 0x0001;
const CONNECTIVITY_TABLE = 0x0054;
const ZSTD_FLAGS = 0x03;
const PAGE_SIZE_LOG2 = 12;
const REGION_HEAD_BYTES = 32;
const ROWS_AT = 8;
/** A row without a body: its type, and its length of 0. */
const LEAST_ROW_BYTES = 3;

/** `region`: captured pages of zeros. `rows`: a Connectivity Table of as many rows as there is room for. `size`: of the payload. */
export function expandingCapture(kind: "region" | "rows", size: number): Uint8Array {
  const lead = kind === "region" ? regionHead(size) : rowCount(Math.floor((size - ROWS_AT) / LEAST_ROW_BYTES));
  const payload = joined([sizePrefix(size), zstdExpanding(lead, 0, size)]);
  const block = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = viewOf(block);
  block.set(new TextEncoder().encode("MSLC"));
  view.setUint16(BLOCK.type, kind === "region" ? MEMORY_REGION : CONNECTIVITY_TABLE, true);
  view.setUint16(BLOCK.flags, ZSTD_FLAGS, true);
  view.setUint32(BLOCK.length, BLOCK_HEADER_BYTES + payload.length, true);
  view.setUint16(BLOCK.payloadVersion, 1, true);
  return joined([fileHeader(), block, payload]);
}

function regionHead(size: number): Uint8Array {
  // A page takes its bytes and 2 bits of the map, which is padded to 8 bytes.
  const pages = Math.floor((size - REGION_HEAD_BYTES - 8) / (2 ** PAGE_SIZE_LOG2 + 1 / 4));
  const head = new Uint8Array(REGION_HEAD_BYTES);
  viewOf(head).setBigUint64(8, BigInt(pages) << BigInt(PAGE_SIZE_LOG2), true);
  head[0x12] = PAGE_SIZE_LOG2;
  return head;
}

function rowCount(rows: number): Uint8Array {
  const lead = new Uint8Array(ROWS_AT);
  viewOf(lead).setUint32(0, rows, true);
  return lead;
}

/** Version 1.1, HeaderSize 64; no capture needs more to be read. */
function fileHeader(): Uint8Array {
  const header = new Uint8Array(64);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([1, 64, 1, 1], 8);
  return header;
}
