/** Compressed payloads that do not decompress to the expected bytes. Links and FileHash match, so that this is the only defect. */

import { BLOCK_HEADER_BYTES, joined, type Specimen, viewOf, withPayload } from "../../captures/specimen.js";
import { zstdExpanding } from "../../fuzzer/compressed-forms.js";
import { BLOCKS } from "./base.js";
import { blockAt, type Defect, invalid, payloadAt, SOUND } from "./defect.js";

const SIZE_BYTES = 8;
/** Compressed data begins after UncompressedSize, and in LZ4 also after the size of the block. */
const ZSTD_AT = 8;
const LZ4_AT = 12;
const ZSTD_MAGIC_BYTES = 4;
const RESERVED_BLOCK_TYPE = 3 << 1;
const BOMB_BYTES = 2 ** 32;

function broken(name: string, about: string, index: number, why: string, damage: (capture: Specimen) => void): Defect {
  return { name, about, features: ["invalid", "hostile"], verdict: SOUND, rechainedFrom: 0, damage, expect: invalid(index, why) };
}

export const COMPRESSION: readonly Defect[] = [
  broken("x-zstd-claims-much", "UncompressedSize is 2^60", BLOCKS.zstdRegion, "UncompressedSize implausible", (capture) =>
    payloadAt(capture, BLOCKS.zstdRegion).setBigUint64(0, 1n << 60n, true),
  ),
  broken(
    "x-zstd-bomb",
    "a frame of 128 KiB that decompresses to 4 GiB of zeros, as UncompressedSize says",
    BLOCKS.zstdRegion,
    "decompressed size passes the limits",
    ({ blocks }) => {
      const head = new Uint8Array(blockAt(blocks, BLOCKS.plainRegion).subarray(BLOCK_HEADER_BYTES, BLOCK_HEADER_BYTES + 32));
      const size = new Uint8Array(SIZE_BYTES);
      viewOf(size).setBigUint64(0, BigInt(BOMB_BYTES), true);
      const bomb = joined([size, zstdExpanding(head, 0, BOMB_BYTES)]);
      blocks[BLOCKS.zstdRegion] = withPayload(blockAt(blocks, BLOCKS.zstdRegion), bomb);
    },
  ),
  broken(
    "x-zstd-size",
    "UncompressedSize is 8 more than it should be",
    BLOCKS.zstdRegion,
    "UncompressedSize mismatch",
    (capture) => {
      const payload = payloadAt(capture, BLOCKS.zstdRegion);
      payload.setBigUint64(0, payload.getBigUint64(0, true) + 8n, true);
    },
  ),
  broken(
    "x-zstd-data",
    "the first block of a zstd frame is of the reserved type",
    BLOCKS.zstdRegion,
    "decompression fails",
    (capture) => {
      const payload = payloadAt(capture, BLOCKS.zstdRegion);
      const at = ZSTD_AT + zstdHeaderBytes(payload.getUint8(ZSTD_AT + ZSTD_MAGIC_BYTES));
      payload.setUint8(at, payload.getUint8(at) | RESERVED_BLOCK_TYPE);
    },
  ),
  broken("x-zstd-cut", "the last 8 bytes of a zstd frame are missing", BLOCKS.zstdRegion, "decompression fails", ({ blocks }) => {
    const block = blockAt(blocks, BLOCKS.zstdRegion);
    blocks[BLOCKS.zstdRegion] = withPayload(block, block.subarray(BLOCK_HEADER_BYTES, block.length - 8));
  }),
  broken(
    "x-lz4-data",
    "the first match of an LZ4 block has the distance 0",
    BLOCKS.lz4Region,
    "decompression fails",
    (capture) => {
      const payload = payloadAt(capture, BLOCKS.lz4Region);
      payload.setUint16(firstMatch(payload), 0, true);
    },
  ),
];

/** Length of the magic and the frame header (RFC 8878, 3.1.1.1), which depends on the frame header's descriptor. */
function zstdHeaderBytes(descriptor: number): number {
  const singleSegment = (descriptor >> 5) & 1;
  const contentSize = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryId = [0, 1, 2, 4][descriptor & 3] ?? 0;
  return ZSTD_MAGIC_BYTES + 1 + (1 - singleSegment) + dictionaryId + contentSize;
}

/** Position of the first sequence's offset, which follows its literals (LZ4 block format). */
function firstMatch(payload: DataView): number {
  let at = LZ4_AT;
  let literals = payload.getUint8(at++) >> 4;
  for (let more = literals === 15 ? 255 : 0; more === 255; literals += more) more = payload.getUint8(at++);
  return at + literals;
}
