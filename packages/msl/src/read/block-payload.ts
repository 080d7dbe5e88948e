/** The payload of an indexed block: as it is stored, decompressed, or decompressed only as far as the first bytes need. */
import { type DecodedPayload, HeldSource, type Readable } from "../codec/decoded-cache.js";
import type { Decoding } from "../codec/decoding.js";
import { openStored } from "../codec/decompress-payload.js";
import { type PeekedPayload, peekPayload } from "../codec/peek-payload.js";
import { PieceSource } from "../codec/piece-source.js";
import type { Deviation, Report } from "../deviations/deviation.js";
import { throwIfAborted } from "../errors.js";
import type { BlockInfo } from "../format/block-info.js";
import { BlockType } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
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

  /** Set for a payload whose stored bytes pass the payload limit. */
  limitProblem(): Problem | undefined {
    const { payloadLength } = this.#block;
    const limit = this.#decoding.limits.payload;
    if (payloadLength <= limit) return undefined;
    const message = `The stored payload has ${payloadLength} bytes, above the limit of ${limit} (payloadLimit)`;
    return { id: "CMP-LIMIT", at: 0, message };
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

  /**
   * Like `open`, for listing regions, which reads only the start of each payload. The cache does not keep the bytes, because all regions are listed
   * before the page data of a region is read.
   */
  async openOnce(signal: AbortSignal): Promise<OpenedPayload> {
    const { key } = this.#cached;
    const isHeld = this.#decoding.cache.holds(key);
    if (this.#block.compression === "none" || this.#block.truncated || isHeld) return this.open(signal);
    const found = await this.#decompress(signal, this.#decoding.unkept);
    const { bytes, deviations } = found;
    if (bytes) return { payload: new BytesSource(bytes), deviations };
    await this.#decoding.cache.get(key, async () => found, signal);
    return this.open(signal);
  }

  /** The first `wanted` bytes of a compressed payload; undefined if the payload has to be decompressed to its end for them. */
  peek(wanted: number, signal: AbortSignal | undefined): Promise<PeekedPayload | undefined> {
    return peekPayload(this.stored(), this.#block.compression, wanted, this.#decoding, signal);
  }

  /** The key of the payload in the cache, and the function that loads it. */
  get #cached() {
    return { key: `payload ${this.#block.index}`, load: (loading: AbortSignal) => this.#decompress(loading) };
  }

  async #decompress(signal: AbortSignal, decoding: Decoding = this.#decoding): Promise<DecodedPayload> {
    const stored = this.stored();
    const tooLong = this.limitProblem();
    if (tooLong) return { problem: tooLong, deviations: [] };
    const { compression, index, payloadOffset } = this.#block;
    const deviations: Deviation[] = [];
    const report: Report = (deviation) => deviations.push(this.#block.locate(deviation, payloadOffset));
    const { budget } = this.#decoding;
    const key = String(index);
    budget.require(key, stored.size);
    const readable =
      (await this.#decompressedAhead(report, signal)) ?? (await openStored(stored, compression, decoding, report, signal));
    budget.count(key, stored.size, readable.bytes?.length ?? readable.pieces?.size.bytes ?? 0);
    return readable.bytes ? { bytes: readable.bytes, array: readable.array, deviations } : { ...readable, deviations };
  }

  async #decompressedAhead(report: Report, signal: AbortSignal): Promise<Readable | undefined> {
    if (this.#block.type !== BlockType.MemoryRegion) return undefined;
    const found = await this.#decoding.ahead?.take(this.#block.index, signal);
    for (const deviation of found?.deviations ?? []) report(deviation);
    return found && { bytes: found.bytes, array: found.array };
  }
}
