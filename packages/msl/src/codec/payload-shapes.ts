/**
 * The shapes of compressed payloads. The specification (compression framing) asks for a u64 UncompressedSize, then zstd or LZ4 data. Some writers store
 * other shapes; the first stored bytes determine which shapes are possible:
 *
 *   zstd   size, frame                        the specification, memslicer
 *          frame                              MemDiver
 *   lz4    size, u32 size again, raw block    memslicer
 *          size, frame | size, raw block      other readings of the specification
 *          frame                              MemDiver
 *
 * memslicer fills the stored payload with zeros up to a multiple of 8. A shape without UncompressedSize may state its size in the header of its frame.
 */

import { type CompressedFormat, MOST_EXPANSION, mostDecodedBytes } from "@memslice/core-wasm";
import { startsWith } from "../bytes.js";
import type { Report } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import type { CodecName } from "./codecs.js";

/** One interpretation of the stored bytes of a compressed payload. */
export interface PayloadShape {
  readonly name: string;
  readonly codec: CodecName;
  /** UncompressedSize, if the stored bytes begin with it. */
  readonly size: bigint | undefined;
  /** Offset of the compressed data. */
  readonly at: number;
}

const SIZE_BYTES = 8;
const ZSTD_MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const LZ4_FRAME_MAGIC = Uint8Array.of(0x04, 0x22, 0x4d, 0x18);

/** The shapes that the stored bytes may have, the likeliest first; none for CompAlgo 3, which is reserved. */
export function payloadShapes(stored: Uint8Array, compression: Compression): PayloadShape[] {
  if (compression === "zstd") return zstdShapes(stored);
  return compression === "lz4" ? lz4Shapes(stored) : [];
}

/** The first 8 bytes may be a size, or the frame itself; the shape with a size is tried first. */
function zstdShapes(stored: Uint8Array): PayloadShape[] {
  const shapes: PayloadShape[] = [];
  if (startsWith(stored, ZSTD_MAGIC, SIZE_BYTES)) shapes.push(zstdShape(sizeOf(stored), SIZE_BYTES));
  if (startsWith(stored, ZSTD_MAGIC)) shapes.push(zstdShape(undefined, 0));
  return shapes;
}

/** Names each field, without a spread: objects made by a spread stay in memory for longer, and a capture may have very many payloads. */
function zstdShape(size: bigint | undefined, at: number): PayloadShape {
  return { name: "zstd frame", codec: "zstd", size, at };
}

function lz4Shapes(stored: Uint8Array): PayloadShape[] {
  const frame = { name: "LZ4 frame", codec: "lz4Frame" } as const;
  if (isLz4Frame(stored, 0)) return [{ ...frame, size: undefined, at: 0 }];
  if (stored.length < SIZE_BYTES) return [];
  const size = sizeOf(stored);
  if (isLz4Frame(stored, SIZE_BYTES)) return [{ ...frame, size, at: SIZE_BYTES }];
  const plain: PayloadShape = { name: "raw LZ4 block", codec: "lz4Block", size, at: SIZE_BYTES };
  const repeated: PayloadShape = { ...plain, name: "raw LZ4 block behind its u32 size", at: SIZE_BYTES + 4 };
  return repeatsSize(stored) ? [repeated, plain] : [plain];
}

function sizeOf(stored: Uint8Array): bigint {
  return new DataView(stored.buffer, stored.byteOffset).getBigUint64(0, true);
}

function repeatsSize(stored: Uint8Array): boolean {
  if (stored.length < SIZE_BYTES + 4) return false;
  return sizeOf(stored) === BigInt(new DataView(stored.buffer, stored.byteOffset).getUint32(SIZE_BYTES, true));
}

/**
 * Whether the stored bytes have the magic of an LZ4 frame at offset `at`, followed by a flag byte with version 01. If the first 8 bytes of such a frame
 * were UncompressedSize, its value would be 2^38 or more.
 */
function isLz4Frame(stored: Uint8Array, at: number): boolean {
  return startsWith(stored, LZ4_FRAME_MAGIC, at) && ((stored[at + 4] ?? 0) & 0xc0) === 0x40;
}

/** The part of a frame that states its size: magic, descriptor, and up to 10 bytes. */
const FRAME_LEAD = 16;
const LZ4_HAS_SIZE = 0x08;
const ZSTD_SINGLE_SEGMENT = 0x20;
const ZSTD_BLOCK_HEADER = 3;
/** The bits of a block header that tell its type, and the type of a block that is one repeated byte. */
const ZSTD_BLOCK_TYPE = 6;
const ZSTD_RUN_LENGTH = 2;
/** The largest content of a zstd block, and the largest size of a stored block: a block that does not shrink is stored uncompressed. */
export const ZSTD_BLOCK_MOST = 128 * 1024;

/** UncompressedSize, or else the content size in the header of the frame; undefined if neither is stated, or `stored` ends inside that header. */
export function statedSize({ size, codec, at }: PayloadShape, stored: Uint8Array): bigint | undefined {
  if (size !== undefined) return size;
  if (stored.length < at + FRAME_LEAD) return undefined;
  const frame = new DataView(stored.buffer, stored.byteOffset + at, FRAME_LEAD);
  const flags = frame.getUint8(4);
  if (codec === "lz4Frame") return (flags & LZ4_HAS_SIZE) === 0 ? undefined : frame.getBigUint64(6, true);
  return codec === "zstd" ? zstdContentSize(frame, flags) : undefined;
}

/** The offset, in the stored bytes, behind the first block of a zstd frame and the header of the second block, by the size that the first block states. */
export function firstBlockEnd({ at }: PayloadShape, stored: Uint8Array): number {
  const flags = stored[at + 4] ?? 0;
  const isSingleSegment = (flags & ZSTD_SINGLE_SEGMENT) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const header = at + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes(flags) + sizeBytes;
  const [low = 0, middle = 0, high = 0] = stored.subarray(header, header + ZSTD_BLOCK_HEADER);
  const isRunLength = (low & ZSTD_BLOCK_TYPE) === ZSTD_RUN_LENGTH;
  const size = isRunLength ? 1 : Math.min((low | (middle << 8) | (high << 16)) >> 3, ZSTD_BLOCK_MOST);
  return header + 2 * ZSTD_BLOCK_HEADER + size;
}

function dictionaryBytes(flags: number): number {
  return [0, 1, 2, 4][flags & 3] ?? 0;
}

/** The content size of a zstd frame. RFC 8878, section 3.1.1.1: behind the descriptor follow window, dictionary id and content size, each optional. */
function zstdContentSize(frame: DataView, flags: number): bigint | undefined {
  const isSingleSegment = (flags & ZSTD_SINGLE_SEGMENT) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes(flags);
  const sizeCode = flags >> 6;
  if (sizeCode === 0) return isSingleSegment ? BigInt(frame.getUint8(at)) : undefined;
  if (sizeCode === 1) return BigInt(frame.getUint16(at, true) + 256);
  return sizeCode === 2 ? BigInt(frame.getUint32(at, true)) : at + 8 <= FRAME_LEAD ? frame.getBigUint64(at, true) : undefined;
}

/** Reports deviations of the shape that the data was decoded as, and zero bytes behind the data. */
export function reportShape(
  { name, codec, size, at }: PayloadShape,
  trailingZeros: number,
  length: number,
  report: Report,
): void {
  if (size === undefined)
    report({
      id: "CMP-NOPREFIX",
      message: `${name} without UncompressedSize before it`,
      offset: 0,
      field: "uncompressedSize",
      values: [name],
    });
  if (codec !== "zstd")
    report({ id: "CMP-LZ4SHAPE", message: `LZ4 data stored as ${name}`, offset: at, field: "compressedData", values: [name] });
  if (trailingZeros > 0)
    report({
      id: "CMP-TRAILING",
      message: `Zeros behind the compressed data, length ${trailingZeros}`,
      offset: length - trailingZeros,
      field: "compressedData",
      values: [trailingZeros],
    });
}

const FORMATS: Record<CodecName, CompressedFormat> = { zstd: "zstd", lz4Frame: "lz4", lz4Block: "lz4" };

/**
 * The problem of a payload of `stored` bytes that states a larger size than data of its format can expand to; undefined for a possible size. This check
 * decodes nothing, and depends on no limit.
 */
export function implausibleSize({ name, codec, size, at }: PayloadShape, stored: number): Problem | undefined {
  const format = FORMATS[codec];
  const length = stored - at;
  if (size === undefined || size <= BigInt(mostDecodedBytes(format, length))) return undefined;
  const claimed = `${size / BigInt(Math.max(1, length))}:1`;
  const most = `${format} expands ${MOST_EXPANSION[format]}:1 at most`;
  const message = `UncompressedSize is ${size} for a ${name} of ${length} bytes at payload offset ${at}: ${claimed}, and ${most}`;
  return { id: "CMP-SIZE", at: 0, message, values: [`UncompressedSize ${size}`, mostDecodedBytes(format, length)] };
}
