/**
 * The first bytes of a compressed payload, decompressed from the first stored bytes. The stored bytes behind them may be damaged: the result may be
 * used to list a region, but not as page data.
 */
import type { Compression } from "../format/codes.js";
import type { Source } from "../source/source.js";
import { decodesInPieces, decodeTheStart } from "./codecs.js";
import type { Decoding } from "./decoding.js";
import { type PayloadShape, payloadShapes } from "./payload-shapes.js";

/** The start of a payload. */
export interface PeekedPayload {
  /** The size of the whole payload in bytes, as stated in the stored data. */
  readonly size: number;
  /** The first bytes of the payload: at least as many as were wanted. */
  readonly bytes: Uint8Array;
}

/** The number of stored bytes that are read first from a metered source: enough if the first block of the data is small. */
const FIRST_STORED_METERED = 16 * 1024;
/** The same from other sources, where one read costs more than its bytes: enough for the first block of most data, which has 128 KiB decompressed. */
const FIRST_STORED = 80 * 1024;
/**
 * The least number of stored bytes that are read if neither the bytes read first nor all bytes of the first zstd block suffice. Each further read has four
 * times as many bytes as the one before.
 */
const SECOND_STORED = 144 * 1024;
/** The part of a frame that states its size: magic, descriptor, and up to 10 bytes. */
const FRAME_LEAD = 16;

/**
 * Decompresses at least `wanted` bytes. Undefined if the payload has to be decompressed to its end: its size is not stated, 0 or above the limit, the
 * stored bytes have several possible shapes or none, or the caller replaced the decoder.
 */
export async function peekPayload(
  stored: Source,
  compression: Compression,
  wanted: number,
  decoding: Decoding,
  signal: AbortSignal | undefined,
): Promise<PeekedPayload | undefined> {
  const lead = await stored.read(0, Math.min(stored.size, stored.metered ? FIRST_STORED_METERED : FIRST_STORED), signal);
  const found: PeekedPayload[] = [];
  for (const shape of payloadShapes(lead, compression)) {
    if (!decodesInPieces(decoding.codecs, shape.codec)) return undefined;
    const size = statedSize(shape, lead);
    if (size === undefined || size === 0n || size > BigInt(decoding.limits.payload)) return undefined;
    const peeked = await peekAs(shape, Number(size), { stored, signal, wanted, decoding, lead });
    if (peeked) found.push(peeked);
  }
  // A shape whose start does not decode is impossible. If several decode, only the whole data shows which is right.
  return found.length === 1 ? found[0] : undefined;
}

interface Peek {
  readonly stored: Source;
  readonly signal: AbortSignal | undefined;
  readonly wanted: number;
  readonly decoding: Decoding;
  readonly lead: Uint8Array;
}

async function peekAs(shape: PayloadShape, size: number, peek: Peek): Promise<PeekedPayload | undefined> {
  const { stored, signal, decoding } = peek;
  const { held, window } = decoding.limits;
  const wanted = isDecodedWhole(shape, size) ? size : Math.min(peek.wanted, size);
  const block = shape.codec === "zstd" ? firstBlockEnd(shape, peek.lead) : 0;
  let source = peek.lead;
  for (;;) {
    const start = decodeTheStart(shape.codec, source.subarray(shape.at), size, wanted, size > held ? window : undefined);
    if (start.ok) return start.bytes.length >= wanted ? { size, bytes: start.bytes } : undefined;
    if (source.length >= stored.size || start.reason === "memory") return undefined;
    const more = source.length < block ? block : Math.max(SECOND_STORED, 4 * source.length);
    source = await stored.read(0, Math.min(stored.size, more), signal);
  }
}

/** Whether the payload is decoded to its end: if one zstd block can hold it. That costs hardly more than decoding its start, and finds damage at once. */
function isDecodedWhole({ codec }: PayloadShape, size: number): boolean {
  return codec === "zstd" && size <= ZSTD_BLOCK_MOST;
}

/** UncompressedSize, or else the content size in the header of the frame. */
function statedSize({ size, codec, at }: PayloadShape, stored: Uint8Array): bigint | undefined {
  if (size !== undefined) return size;
  if (stored.length < at + FRAME_LEAD) return undefined;
  const frame = new DataView(stored.buffer, stored.byteOffset + at, FRAME_LEAD);
  const flags = frame.getUint8(4);
  if (codec === "lz4Frame") return (flags & LZ4_HAS_SIZE) === 0 ? undefined : frame.getBigUint64(6, true);
  return codec === "zstd" ? zstdContentSize(frame, flags) : undefined;
}

const LZ4_HAS_SIZE = 0x08;
const ZSTD_SINGLE_SEGMENT = 0x20;
const ZSTD_BLOCK_HEADER = 3;
/** The largest content of a zstd block, and the largest size of a stored block: a block that does not shrink is stored uncompressed. */
const ZSTD_BLOCK_MOST = 128 * 1024;

/** The offset, in the stored bytes, behind the first block of a zstd frame and the header of the second block, by the size that the first block states. */
function firstBlockEnd({ at }: PayloadShape, stored: Uint8Array): number {
  const flags = stored[at + 4] ?? 0;
  const isSingleSegment = (flags & ZSTD_SINGLE_SEGMENT) !== 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const header = at + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes(flags) + sizeBytes;
  const [low = 0, middle = 0, high = 0] = stored.subarray(header, header + ZSTD_BLOCK_HEADER);
  const size = Math.min((low | (middle << 8) | (high << 16)) >> 3, ZSTD_BLOCK_MOST);
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
