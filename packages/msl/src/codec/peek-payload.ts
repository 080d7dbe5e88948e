/**
 * The first bytes of a compressed payload, from the first bytes that are stored of it. What they show is shown before the rest was looked at; no
 * page data is given out on their word.
 */
import type { Compression } from "../format/codes.js";
import { decodesInPieces, decodeTheStart } from "./codecs.js";
import type { Decoding } from "./decoding.js";
import { type PayloadShape, payloadShapes } from "./payload-shapes.js";

/** The beginning of a payload. */
export interface PeekedPayload {
  /** Bytes that the whole payload has, as the stored data says. */
  readonly size: number;
  /** Its first bytes: as many as were wanted or more. */
  readonly bytes: Uint8Array;
}

/** Stored bytes that are read at first: enough where the first block of the data is small. */
const FIRST_STORED = 16 * 1024;
/** Then as far as the first zstd block says that it reaches, then as many as one takes at most, and more; four times as many as long as they do not suffice. */
const SECOND_STORED = 144 * 1024;
/** Of a frame with its size: magic, descriptor, and up to 10 bytes. */
const FRAME_LEAD = 16;

/**
 * Undefined where the payload has to be decompressed to its end to be told: its size is not stated, 0 or above the limit, the bytes have several shapes or none, or
 * decoders were plugged in. `stored` reads the first bytes of the `length` stored ones.
 */
export async function peekPayload(
  stored: (length: number) => Promise<Uint8Array>,
  length: number,
  compression: Compression,
  wanted: number,
  decoding: Decoding,
): Promise<PeekedPayload | undefined> {
  const lead = await stored(Math.min(length, FIRST_STORED));
  const found: PeekedPayload[] = [];
  for (const shape of payloadShapes(lead, compression)) {
    if (!decodesInPieces(decoding.codecs, shape.codec)) return undefined;
    const size = statedSize(shape, lead);
    if (size === undefined || size === 0n || size > BigInt(decoding.limits.payload)) return undefined;
    const peeked = await peekAs(shape, Number(size), { stored, length, wanted, decoding, lead });
    if (peeked) found.push(peeked);
  }
  // A shape whose beginning does not decode is none; of several that do, only the whole data tells.
  return found.length === 1 ? found[0] : undefined;
}

interface Peek {
  readonly stored: (length: number) => Promise<Uint8Array>;
  readonly length: number;
  readonly wanted: number;
  readonly decoding: Decoding;
  readonly lead: Uint8Array;
}

async function peekAs(shape: PayloadShape, size: number, peek: Peek): Promise<PeekedPayload | undefined> {
  const { stored, length, decoding } = peek;
  const { held, window } = decoding.limits;
  const wanted = isDecodedWhole(shape, size) ? size : Math.min(peek.wanted, size);
  const block = shape.codec === "zstd" ? firstBlockEnd(shape, peek.lead) : 0;
  let source = peek.lead;
  for (;;) {
    const start = decodeTheStart(shape.codec, source.subarray(shape.at), size, wanted, size > held ? window : undefined);
    if (start.ok) return start.bytes.length >= wanted ? { size, bytes: start.bytes } : undefined;
    if (source.length >= length || start.reason === "memory") return undefined;
    source = await stored(Math.min(length, source.length < block ? block : Math.max(SECOND_STORED, 4 * source.length)));
  }
}

/** Whether damage shows when the payload is peeked at: of one that has no more content than a block, all is decoded at hardly any cost. */
function isDecodedWhole({ codec }: PayloadShape, size: number): boolean {
  return codec === "zstd" && size <= ZSTD_BLOCK_MOST;
}

/** UncompressedSize, or the size that the frame states of itself. */
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
/** A block has no more content, and is stored as it is where that is shorter. */
const ZSTD_BLOCK_MOST = 128 * 1024;

/** Where the first block of a zstd frame ends in the stored bytes, with the header of the next; as it says, which is no more than a guess. */
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

/** RFC 8878, section 3.1.1.1: the descriptor, then window, dictionary id and content size, each of them optional. */
function zstdContentSize(frame: DataView, flags: number): bigint | undefined {
  const isSingleSegment = (flags & ZSTD_SINGLE_SEGMENT) !== 0;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes(flags);
  const sizeCode = flags >> 6;
  if (sizeCode === 0) return isSingleSegment ? BigInt(frame.getUint8(at)) : undefined;
  if (sizeCode === 1) return BigInt(frame.getUint16(at, true) + 256);
  return sizeCode === 2 ? BigInt(frame.getUint32(at, true)) : at + 8 <= FRAME_LEAD ? frame.getBigUint64(at, true) : undefined;
}
