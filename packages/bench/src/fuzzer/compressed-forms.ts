/** Compresses in the simplest ways that decoders must accept: without searching for matches, and with expansion to any size. */
import { joined, viewOf } from "../captures/specimen.js";

/** Zstandard (RFC 8878, 3.1.1): magic, then a descriptor without content size and checksum. */
const ZSTD_START = [0x28, 0xb5, 0x2f, 0xfd, 0x00];
/** A window descriptor encodes a power of two from 2^10 on, plus eighths of it. */
const LEAST_WINDOW_LOG2 = 10;
const ZSTD_BLOCK_LOG2 = 17;
const ZSTD_BLOCK_BYTES = 2 ** ZSTD_BLOCK_LOG2;
const ZSTD_RAW = 0;
const ZSTD_RLE = 1;

/** A frame of raw blocks. */
export function zstdRaw(content: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [zstdStart(ZSTD_BLOCK_LOG2)];
  for (let at = 0; at === 0 || at < content.length; at += ZSTD_BLOCK_BYTES) {
    const piece = content.subarray(at, at + ZSTD_BLOCK_BYTES);
    parts.push(zstdBlockHeader(ZSTD_RAW, piece.length, at + ZSTD_BLOCK_BYTES >= content.length), piece);
  }
  return joined(parts);
}

/** A frame that decodes to `lead` followed by one repeated byte, `size` bytes in total; it takes 4 bytes for each 128 KiB. */
export function zstdExpanding(lead: Uint8Array, byte: number, size: number, windowLog2 = ZSTD_BLOCK_LOG2): Uint8Array {
  const parts: Uint8Array[] = [zstdStart(windowLog2)];
  const head = lead.subarray(0, Math.min(size, ZSTD_BLOCK_BYTES));
  parts.push(zstdBlockHeader(ZSTD_RAW, head.length, head.length === size), head);
  for (let done = head.length; done < size; ) {
    const length = Math.min(ZSTD_BLOCK_BYTES, size - done);
    done += length;
    parts.push(zstdBlockHeader(ZSTD_RLE, length, done === size), Uint8Array.of(byte));
  }
  return joined(parts);
}

function zstdStart(windowLog2: number): Uint8Array {
  return Uint8Array.of(...ZSTD_START, (windowLog2 - LEAST_WINDOW_LOG2) << 3);
}

/** Last_Block, Block_Type and Block_Size in 3 bytes. */
function zstdBlockHeader(type: number, size: number, last: boolean): Uint8Array {
  const word = (size << 3) | (type << 1) | Number(last);
  return Uint8Array.of(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff);
}

/** A block in the LZ4 format with a single sequence of literals. */
export function lz4Literals(content: Uint8Array): Uint8Array {
  return joined([lz4Length(content.length, 0), content]);
}

/** `lead`, then its last byte repeated (a match at distance 1), then five literals, which the format requires at the end. */
export function lz4Expanding(lead: Uint8Array, repeats: number): Uint8Array {
  const match = lz4Length(lead.length, Math.min(15, repeats - 4));
  const extra = repeats - 4 >= 15 ? lengthBytes(repeats - 4 - 15) : new Uint8Array(0);
  return joined([match, lead, Uint8Array.of(1, 0), extra, lz4Literals(new Uint8Array(5))]);
}

/** A token and the remaining bytes of its literal length. */
function lz4Length(literals: number, matchNibble: number): Uint8Array {
  const token = (Math.min(15, literals) << 4) | matchNibble;
  return joined([Uint8Array.of(token), literals >= 15 ? lengthBytes(literals - 15) : new Uint8Array(0)]);
}

function lengthBytes(rest: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor(rest / 255) + 1).fill(255);
  bytes[bytes.length - 1] = rest % 255;
  return bytes;
}

/** UncompressedSize, which precedes compressed data in a payload. */
export function sizePrefix(size: number): Uint8Array {
  const prefix = new Uint8Array(8);
  viewOf(prefix).setBigUint64(0, BigInt(size), true);
  return prefix;
}
