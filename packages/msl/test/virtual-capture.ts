/** Captures far larger than memory: headers and small payloads are real, page data is a pattern made when it is read. */
import type { ServedFile } from "../../runtimes/src/launch/range-answers.js";

interface VirtualBlock {
  readonly type: number;
  /** The start of the payload. */
  readonly payload: Uint8Array;
  /** Bytes of page data behind it. */
  readonly data?: number;
}

export interface VirtualModule {
  readonly baseAddr: bigint;
  readonly path: string;
}

const PAGE_SIZE = 4096;
const BLOCK_HEADER = 80;
const text = new TextEncoder();

export function moduleBlock({ baseAddr, path }: VirtualModule): VirtualBlock {
  const pathBytes = text.encode(`${path}\0`);
  const padded = Math.ceil(pathBytes.length / 8) * 8;
  const payload = new Uint8Array(24 + padded + 32 + 8);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, baseAddr, true);
  view.setBigUint64(8, 0x20000n, true);
  view.setUint16(16, pathBytes.length, true);
  payload.set(pathBytes, 24);
  payload.fill(0xd1, 24 + padded, 24 + padded + 32);
  return { type: 2, payload };
}

/** All pages captured. */
export function regionBlock(baseAddr: bigint, pages: number): VirtualBlock {
  const payload = new Uint8Array(32 + Math.ceil(pages / 32) * 8);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, baseAddr, true);
  view.setBigUint64(8, BigInt(pages) * BigInt(PAGE_SIZE), true);
  payload.set([3, 5, 12], 16);
  return { type: 1, payload, data: pages * PAGE_SIZE };
}

export function processBlock(): VirtualBlock {
  const payload = new Uint8Array(32);
  payload.set(text.encode("/bin/ls"), 24);
  payload[16] = 8;
  return { type: 0x40, payload };
}

export function endBlock(): VirtualBlock {
  return { type: 0xfff, payload: new Uint8Array(48) };
}

/** The file that consists of a header and these blocks. All hashes are zero: readers do not compare them. */
export function virtualCapture(blocks: readonly VirtualBlock[]): ServedFile {
  const starts: number[] = [0];
  const parts: Uint8Array[] = [fileHeader()];
  let size = 64;
  for (const [index, block] of blocks.entries()) {
    starts.push(size);
    parts.push(blockStart(block, index));
    size += BLOCK_HEADER + block.payload.length + (block.data ?? 0);
  }
  return {
    size,
    bytes(offset, length) {
      const bytes = new Uint8Array(length);
      for (let i = 0; i < length; i++) bytes[i] = patternAt(offset + i);
      for (let i = lastAtOrBefore(starts, offset); i < starts.length && (starts[i] ?? 0) < offset + length; i++) {
        const start = (starts[i] ?? 0) - offset;
        const part = parts[i]?.subarray(Math.max(0, -start), Math.max(0, length - start));
        if (part) bytes.set(part, Math.max(0, start));
      }
      return bytes;
    },
  };
}

/** The byte of page data at a file offset. */
export function patternAt(offset: number): number {
  return (offset ^ (offset / 4096)) & 0xff;
}

function blockStart({ type, payload, data = 0 }: VirtualBlock, index: number): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(text.encode("MSLC"));
  view.setUint16(4, type, true);
  view.setUint32(8, bytes.length + data, true);
  view.setUint16(12, 1, true);
  view.setUint32(28, index + 1);
  bytes[22] = 0x40;
  bytes[24] = 0x80;
  bytes.set(payload, BLOCK_HEADER);
  return bytes;
}

function fileHeader(): Uint8Array {
  const header = new Uint8Array(64);
  const view = new DataView(header.buffer);
  header.set(text.encode("MEMSLICE"));
  header.set([1, 64, 1, 1], 8);
  header.fill(0x77, 0x18, 0x28);
  view.setUint16(0x30, 1, true);
  view.setUint16(0x32, 1, true);
  view.setUint32(0x34, 4242, true);
  header[0x38] = 1;
  return header;
}

/** Position of the last value that is not above `limit`; values ascend and begin with 0. */
function lastAtOrBefore(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle;
    else high = middle;
  }
  return low;
}
