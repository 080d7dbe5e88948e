/** The payload of an indexed block: as it is stored, decompressed, or decompressed only as far as the first bytes need. */

import { decodesInPieces, decodeTheStart } from "../codec/codecs.js";
import { type DecodedPayload, HeldSource, type Readable } from "../codec/decoded-cache.js";
import type { Decoding } from "../codec/decoding.js";
import { openStored } from "../codec/decompress-payload.js";
import { firstBlockEnd, type PayloadShape, payloadShapes, statedSize, ZSTD_BLOCK_MOST } from "../codec/payload-shapes.js";
import { PieceSource } from "../codec/piece-source.js";
import type { Deviation, Report } from "../deviations/deviation.js";
import { throwIfAborted } from "../errors.js";
import type { BlockInfo } from "../format/block-header.js";
import { BlockType, type Compression } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import type { Limits } from "../options/limits.js";
import type { SpareArrays } from "../source/read-ahead.js";
import { BytesSource, type Source, SourceSlice } from "../source/source.js";
import { type BlockDecoding, type DecompressedPayload, truncationProblem } from "./decode-block.js";

export interface OpenedPayload {
  readonly payload: Source;
  /** Why `payload` is the stored bytes: the payload is truncated or cannot be decompressed. */
  readonly problem?: Problem;
  readonly deviations: readonly Deviation[];
}

export class BlockPayload {
  readonly #block: BlockInfo;
  readonly #source: Source;
  readonly #decoding: BlockDecoding;

  constructor(block: BlockInfo, source: Source, decoding: BlockDecoding) {
    this.#block = block;
    this.#source = source;
    this.#decoding = decoding;
  }

  /** All bytes behind the header, as far as the data has them. */
  stored(): Source {
    return new SourceSlice(this.#source, this.#block.payloadOffset, this.#block.payloadLength);
  }

  /** The decompressed bytes; undefined for a payload with a problem, and for one that is too large to be held. */
  async decompressed(signal: AbortSignal | undefined): Promise<DecompressedPayload | undefined> {
    const { key, load } = this.#cached;
    const { bytes, deviations } = await this.#decoding.cache.get(key, load, signal);
    return bytes && { bytes, deviations };
  }

  /** The payload as a source, as `CaptureBlock.payload` gives it. */
  async open(signal?: AbortSignal): Promise<OpenedPayload> {
    throwIfAborted(signal);
    const stored = this.stored();
    const cut = truncationProblem(this.#block);
    if (cut) return { payload: stored, problem: cut, deviations: [] };
    if (this.#block.compression === "none") return { payload: stored, deviations: [] };
    const { cache, decoders } = this.#decoding;
    const name = `The payload of block ${this.#block.index}`;
    const { key, load } = this.#cached;
    const open = ({ bytes, pieces, problem, deviations }: DecodedPayload) => {
      if (problem) return { payload: stored, problem, deviations };
      if (bytes) return { payload: new HeldSource({ cache, key, load, name, size: bytes.length }), deviations };
      const read = (given?: AbortSignal) => stored.read(0, stored.size, given);
      return { payload: new PieceSource(name, pieces, read, decoders), deviations };
    };
    return cache.borrow(key, load, open, signal);
  }

  /** Like `open`, for passes over many regions, each of which reads a payload once. The cache does not keep the bytes. */
  async openOnce(signal?: AbortSignal): Promise<OpenedPayload> {
    const isHeld = this.#decoding.cache.holds(this.#key);
    if (this.#block.compression === "none" || this.#block.truncated || isHeld) return this.open(signal);
    const found = await this.#decompress(signal, this.#decoding.unkept);
    const { bytes, deviations } = found;
    if (bytes) return { payload: new BytesSource(bytes), deviations };
    if (found.problem) return { payload: this.stored(), problem: found.problem, deviations };
    await this.#decoding.cache.get(this.#key, async () => found, signal);
    return this.open(signal);
  }

  /** The first `wanted` bytes of a compressed payload; undefined if the payload has to be decompressed to its end for them. */
  peek(wanted: number, means: Omit<PeekMeans, "decoding">): Promise<PeekedPayload | undefined> {
    return peekPayload(this.stored(), this.#block.compression, wanted, {
      decoding: this.#decoding,
      signal: means.signal,
      arrays: means.arrays,
      lead: means.lead,
    });
  }

  /** The key of the payload in the cache, and the function that loads it. */
  get #cached() {
    return { key: this.#key, load: (loading: AbortSignal) => this.#decompress(loading) };
  }

  get #key(): string {
    return `payload ${this.#block.index}`;
  }

  async #decompress(signal: AbortSignal | undefined, decoding: Decoding = this.#decoding): Promise<DecodedPayload> {
    const stored = this.stored();
    const tooLong = limitProblem(this.#block, this.#decoding.limits);
    if (tooLong) return { problem: tooLong, deviations: [] };
    const { compression, index, payloadOffset } = this.#block;
    const deviations: Deviation[] = [];
    const report: Report = (deviation) => deviations.push(this.#block.locate(deviation, payloadOffset));
    const { budget } = this.#decoding;
    budget.require(index, stored.size);
    const readable =
      (await this.#decompressedAhead(report, signal)) ?? (await openStored(stored, compression, decoding, report, signal));
    budget.count(index, stored.size, readable.bytes?.length ?? readable.pieces?.size.bytes ?? 0);
    if (readable.bytes) return { bytes: readable.bytes, array: readable.array, deviations };
    return readable.pieces ? { pieces: readable.pieces, deviations } : { problem: readable.problem, deviations };
  }

  async #decompressedAhead(report: Report, signal: AbortSignal | undefined): Promise<Readable | undefined> {
    if (this.#block.type !== BlockType.MemoryRegion) return undefined;
    const found = await this.#decoding.ahead?.take(this.#block.index, signal);
    for (const deviation of found?.deviations ?? []) report(deviation);
    return found && { bytes: found.bytes, array: found.array };
  }
}

/** The problem of a payload whose stored bytes exceed the payload limit; undefined for other payloads. */
export function limitProblem({ payloadLength }: BlockInfo, { payload: limit }: Limits): Problem | undefined {
  if (payloadLength <= limit) return undefined;
  const message = `The stored payload has ${payloadLength} bytes, above the limit of ${limit} (payloadLimit)`;
  return { id: "CMP-LIMIT", at: 0, message, values: [payloadLength, limit] };
}

/** The start of a payload. */
interface PeekedPayload {
  /** The size of the whole payload in bytes, as stated in the stored data. */
  readonly size: number;
  /** The first bytes of the payload: at least as many as were wanted. */
  readonly bytes: Uint8Array;
}

/** The number of stored bytes that are read first from a metered source: enough if the first block of the data is small. */
const FIRST_STORED_METERED = 16 * 1024;
/** The number for other sources, where a read costs more than its bytes: enough for the first block of most data, which has 128 KiB decompressed. */
export const FIRST_STORED = 80 * 1024;
/**
 * The least number of stored bytes that are read if neither the bytes read first nor all bytes of the first zstd block suffice. Each further read has four
 * times as many bytes as the one before.
 */
const SECOND_STORED = 144 * 1024;

/** The means by which a peek reads. */
interface PeekMeans {
  readonly decoding: Decoding;
  readonly signal: AbortSignal | undefined;
  /** For the stored bytes, which are used only until the result is there. Arrays of `FIRST_STORED` bytes. */
  readonly arrays: SpareArrays;
  /** The first stored bytes, if they were read before. */
  readonly lead?: Uint8Array | undefined;
}

/**
 * Decompresses at least `wanted` bytes. Undefined if the payload has to be decompressed to its end: its size is not stated, 0 or above the limit, the
 * stored bytes have several possible shapes or none, or the caller replaced the decoder.
 */
async function peekPayload(
  stored: Source,
  compression: Compression,
  wanted: number,
  means: PeekMeans,
): Promise<PeekedPayload | undefined> {
  const { decoding, lead, arrays, signal } = means;
  // Field by field: V8 keeps a KiB with each object that a spread made, and a capture may have very many compressed payloads.
  const peek = (bytes: Uint8Array) => peekFrom(bytes, compression, { decoding, signal, arrays, lead, stored, wanted });
  if (lead) return peek(lead);
  return arrays.use(stored, Math.min(stored.size, stored.metered ? FIRST_STORED_METERED : FIRST_STORED), signal, peek);
}

/** `lead`: the first stored bytes. */
async function peekFrom(lead: Uint8Array, compression: Compression, peek: Peek): Promise<PeekedPayload | undefined> {
  const { decoding } = peek;
  const found: PeekedPayload[] = [];
  for (const shape of payloadShapes(lead, compression)) {
    if (!decodesInPieces(decoding.codecs, shape.codec)) return undefined;
    const size = statedSize(shape, lead);
    if (size === undefined || size === 0n || size > BigInt(decoding.limits.payload)) return undefined;
    const peeked = await peekAs(shape, Number(size), lead, peek);
    if (peeked) found.push(peeked);
  }
  // A shape whose start does not decode is impossible. If several decode, only the whole data shows which is right.
  return found.length === 1 ? found[0] : undefined;
}

interface Peek extends PeekMeans {
  readonly stored: Source;
  readonly wanted: number;
}

async function peekAs(shape: PayloadShape, size: number, lead: Uint8Array, peek: Peek): Promise<PeekedPayload | undefined> {
  const { stored, signal, decoding, arrays } = peek;
  const { held, window } = decoding.limits;
  const wanted = isDecodedWhole(shape.codec === "zstd" ? "zstd" : "lz4", size) ? size : Math.min(peek.wanted, size);
  const decode = (source: Uint8Array) =>
    decodeTheStart(shape.codec, source.subarray(shape.at), size, wanted, size > held ? window : undefined);
  const block = shape.codec === "zstd" ? Math.min(stored.size, firstBlockEnd(shape, lead)) : 0;
  let available = lead.length;
  // Without all of the first zstd block no byte is decompressed.
  let start = available < block ? undefined : decode(lead);
  while (!start?.ok) {
    if (start && (available >= stored.size || start.reason === "memory")) return undefined;
    available = Math.min(stored.size, moreStored(available, block));
    start = await arrays.use(stored, available, signal, decode);
  }
  return start.bytes.length >= wanted ? { size, bytes: start.bytes } : undefined;
}

/** The number of stored bytes to read if `available` bytes do not suffice. */
function moreStored(available: number, firstBlock: number): number {
  if (available < firstBlock) return firstBlock;
  return available < FIRST_STORED_METERED ? FIRST_STORED : Math.max(SECOND_STORED, 4 * available);
}

/**
 * Whether `peek` decodes a payload of `size` bytes to its end: if one zstd block can hold it. That costs hardly more than decoding its start, and finds
 * damage at once.
 */
export function isDecodedWhole(compression: Compression, size: number): boolean {
  return compression === "zstd" && size <= ZSTD_BLOCK_MOST;
}
