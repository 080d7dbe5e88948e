/** A region as one block holds it: its head is at hand, its page-state map and page data are read when asked for. */

import { ownBytes } from "../bytes.js";
import type { DecodedPayload } from "../codec/decoded-cache.js";
import { legacyCompression, openLegacyPageData } from "../codec/legacy-page-data.js";
import { PieceSource } from "../codec/piece-source.js";
import { decompressedAgain } from "../codec/readable.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import { type PageMap, PageStates } from "../format/page-states.js";
import type { PageDataCompression } from "../format/payloads/decode-payload.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import {
  checkMapPadding,
  checkPageData,
  mapPaddingAt,
  missingPages,
  neededPageData,
  pageDataEnd,
  shortDataPadding,
  trailingZeros,
} from "../format/payloads/page-data.js";
import { SharedWork } from "../source/shared-work.js";
import { BytesSource, LazySource, readInto, type Source, SourceSlice } from "../source/source.js";
import type { Coverage, PageDataExtent, Region } from "./region.js";
import { RegionExtent } from "./region-extent.js";
import { type Circumstances, type RegionOrigin, type RegionParts, SingleOrigin, type WholePayload } from "./region-origin.js";

/** Where the bytes of the captured pages are. */
interface StoredPages {
  readonly source: Source;
  readonly compression: PageDataCompression | null;
  /** Bytes of them that are memory: no surplus, and no padding where the data is short. */
  readonly held: number;
  /** Why compressed page data cannot be had: by a limit, or since it does not decode; of the latter, `source` has nothing. */
  readonly problem?: Problem | undefined;
  /** What was odd about the compressed payload, where that was not known before. */
  readonly ofCompression?: readonly Deviation[] | undefined;
}

/** The map, and what the payload has behind its page states up to the page data. */
interface StoredMap {
  readonly pages: PageMap;
  /** Read with the map: where the payload is compressed, going back to it would cost more than the map itself. */
  readonly padding: Uint8Array;
}

/** Keeps nothing of its own but what it has read: a capture may have very many regions. */
export class BlockRegion extends RegionExtent implements Region {
  readonly #origin: RegionOrigin;
  readonly #row: number;
  #pageData: SharedWork<StoredPages> | undefined;
  /** Whether the page data was found, and its payload decompressed to the end. */
  #located = false;
  #map: SharedWork<StoredMap> | undefined;
  /** Whether all who read it give the same signal: then what they wait for needs none of its own, which takes more than most maps. */
  readonly #oneReader: boolean;

  constructor(origin: RegionOrigin, row: number, oneReader = false) {
    super();
    this.#oneReader = oneReader;
    this.#origin = origin;
    this.#row = row;
  }

  static of(parts: RegionParts): BlockRegion {
    return new BlockRegion(new SingleOrigin(parts), 0);
  }

  get parts(): RegionParts {
    return this.#origin.partsOf(this.#row);
  }

  get block(): BlockInfo {
    return this.parts.block;
  }

  get head(): RegionHead {
    return this.parts.head;
  }

  /** The block's uncompressed payload. */
  get payload(): Source {
    return this.parts.payload;
  }

  get #circumstances(): Circumstances {
    return this.parts.circumstances;
  }

  override get baseAddr(): bigint {
    return this.#origin.baseAddr(this.#row);
  }

  override get regionSize(): bigint {
    return this.#origin.regionSize(this.#row);
  }

  /** The same region with more of its payload: fragments that continue its bytes. */
  withPayload(payload: Source): BlockRegion {
    const { parts } = this;
    const dataLength = payload.size - parts.head.dataOffset;
    return BlockRegion.of({ ...parts, head: { ...parts.head, dataLength }, payload });
  }

  /** The same region for one reader, who gives the same signal each time: its map and page data are found again and last no longer than it does. */
  afresh(): BlockRegion {
    return new BlockRegion(new SingleOrigin(this.parts), 0, true);
  }

  get blocks(): readonly BlockInfo[] {
    return [this.block];
  }

  fragmentEnd(): bigint {
    return this.endAddr;
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return (await this.#storedMap(signal)).pages;
  }

  /** Takes the map from the bytes of the payload up to the page data, which were read just now. */
  remember(start: Uint8Array): void {
    this.#map = new SharedWork(Promise.resolve(this.#mapIn(start.subarray(this.head.mapOffset))));
    this.#isUsed();
  }

  /** Lets go of what was read; it is read again when it is asked for. */
  forget(): void {
    this.#map = undefined;
    this.#pageData = undefined;
  }

  #storedMap(signal: AbortSignal | undefined): Promise<StoredMap> {
    if (!this.#map || this.#map.dead) this.#map = this.#shared(signal, (given) => this.#readMap(given));
    this.#isUsed();
    return this.#map.join(signal);
  }

  /** A reader without a signal waits to the end: then nobody can stop the work, and it needs no signal of its own either. */
  #shared<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal | undefined) => Promise<T>): SharedWork<T> {
    return new SharedWork(signal && !this.#oneReader ? work : work(signal));
  }

  #isUsed(): void {
    this.#origin.kept?.use(this, this.head.mapLength);
  }

  async pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent> {
    const pages = await this.pages(signal);
    const { held, compression } = await this.#readable(signal);
    return { needed: neededPageData(this.head, pages), held, missingPages: missingPages(this.head, pages, held), compression };
  }

  async coverage(signal?: AbortSignal): Promise<Coverage> {
    const pages = await this.pages(signal);
    const { head } = this;
    const stated = Math.max(0, this.payload.size - head.dataOffset);
    // Where enough is there, or stated to be, nothing else has to be kept for it.
    if (head.layout !== "0.1" && !this.#located && stated >= neededPageData(head, pages)) {
      return { pages, heldFrom: (offset, end) => BigInt(heldBytes(head, pages, stated, offset, Number(end - offset))) };
    }
    const { held, problem } = await this.#stored(signal);
    const readable = problem?.id === "CMP-LIMIT" ? neededPageData(this.head, pages) : held;
    return { pages, heldFrom: (offset, end) => BigInt(heldBytes(this.head, pages, readable, offset, Number(end - offset))) };
  }

  /** Compares map and page data; a problem says why captured pages lack bytes. Offsets count from the start of the payload. */
  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const { locate, deviationsWith } = this.#circumstances;
    const { ofCompression = [] } = await this.#stored(signal);
    const deviations: Deviation[] = [...(deviationsWith?.(ofCompression) ?? this.#circumstances.deviations)];
    const report = (deviation: Omit<Deviation, "block">) => deviations.push(locate(deviation));
    const { pages, padding } = await this.#storedMap(signal);
    checkMapPadding(this.head, padding, report);
    const { source, held, compression, problem: unreadable } = await this.#stored(signal);
    if (unreadable) return { problem: unreadable, deviations };
    const stored = compression === null ? this.head.dataLength : source.size;
    const end = pageDataEnd(this.head, pages, stored);
    const surplus = source.size > end && source.size < end + 8 ? await source.read(end, source.size - end, signal) : undefined;
    const short = stored < neededPageData(this.head, pages) && !this.#circumstances.cut;
    const problem = checkPageData(this.head, pages, short ? held : stored, surplus, report);
    return { problem: this.#circumstances.cut ?? problem, deviations };
  }

  async readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const pages = await this.pages(signal);
    const { pageSize } = this.head;
    // In 64 bits: with the largest pages, offsets pass 2^53, where numbers lose their last digits.
    const bytesPerPage = BigInt(pageSize);
    const first = Number(offset / bytesPerPage);
    const end = Number((offset + BigInt(length) + bytesPerPage - 1n) / bytesPerPage);
    const before = pages.capturedBefore(first);
    if (pages.capturedBefore(end) - before !== end - first) {
      const message = `Pages ${first} to ${end - 1} of the region at 0x${this.baseAddr.toString(16)} are not all captured`;
      throw new MslError("usage", message, { block: this.block.index });
    }
    const { source, held } = await this.#readable(signal);
    const bytes = heldBytes(this.head, pages, held, offset, length);
    if (bytes === 0) return new Uint8Array(0);
    const start = before * pageSize + Number(offset % bytesPerPage);
    return into ? readInto(source, start, into.subarray(0, bytes), signal) : source.read(start, bytes, signal);
  }

  /** The captured pages one after the other, from byte `offset` on; for digests and copies of a whole region. */
  async readPageData(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { source } = await this.#readable(signal);
    return source.read(offset, length, signal);
  }

  /** The captured pages one after the other; whatever follows them included. */
  async pageDataSource(signal?: AbortSignal): Promise<Source> {
    return (await this.#readable(signal)).source;
  }

  async #readable(signal: AbortSignal | undefined): Promise<StoredPages> {
    const stored = await this.#stored(signal);
    if (stored.problem?.id !== "CMP-LIMIT") return stored;
    throw new MslError("limit", stored.problem.message, { block: this.block.index, offset: this.block.offset });
  }

  #stored(signal: AbortSignal | undefined): Promise<StoredPages> {
    if (!this.#pageData || this.#pageData.dead) this.#pageData = this.#shared(signal, (given) => this.#locatePageData(given));
    this.#isUsed();
    return this.#pageData.join(signal);
  }

  async #locatePageData(signal: AbortSignal | undefined): Promise<StoredPages> {
    const { source, compression, problem, ofCompression } = await this.#findPageData(signal);
    this.#located = true;
    const pages = await this.pages(signal);
    const needed = Math.min(source.size, neededPageData(this.head, pages));
    const isPlain = compression === null && !problem;
    const held = isPlain ? needed - (await this.#paddingIn(pages, signal)) : needed;
    return { source, compression, held, problem, ofCompression };
  }

  /** The page data of a region that was found by the start of its payload, once all of that was decompressed. */
  async #findInWhole(
    { payload, problem, deviations: ofCompression }: WholePayload,
    signal: AbortSignal | undefined,
  ): Promise<Omit<StoredPages, "held">> {
    const length = Math.min(this.head.dataOffset, this.payload.size);
    const nothing = new BytesSource(new Uint8Array(0));
    if (problem) return { source: nothing, compression: null, problem, ofCompression };
    const found = payload.size === this.payload.size ? await payload.read(0, length, signal) : undefined;
    if (!found || !this.#circumstances.start?.isThis(found)) {
      const message = `The payload of block ${this.block.index} is not the one whose head was read: the capture was changed while it was open`;
      throw new MslError("changed", message, { block: this.block.index });
    }
    const source = new SourceSlice(payload, length, payload.size - length);
    return { source, compression: null, ofCompression };
  }

  /** Why the payload does not decompress, of a region that was found by the start of it; undefined for a sound one, and for all others. */
  async fault(signal?: AbortSignal): Promise<Problem | undefined> {
    return this.#circumstances.whole ? (await this.#stored(signal)).problem : undefined;
  }

  /** Zeros at the end of short page data that may be padding. */
  async #paddingIn(pages: PageMap, signal: AbortSignal | undefined): Promise<number> {
    const padding = this.#circumstances.mayPad ? shortDataPadding(this.head, pages, this.payload.size) : undefined;
    return padding ? trailingZeros(await this.payload.read(padding.start, padding.end - padding.start, signal)) : 0;
  }

  async #findPageData(signal: AbortSignal | undefined): Promise<Omit<StoredPages, "held">> {
    const { head } = this;
    const { whole } = this.#circumstances;
    if (whole) return this.#findInWhole(await whole(signal), signal);
    const at = Math.min(head.dataOffset, this.payload.size);
    const stored = new SourceSlice(this.payload, at, this.payload.size - at);
    if (head.layout !== "0.1") return { source: stored, compression: null };
    const pages = await this.pages(signal);
    const compression = legacyCompression(head, pages, await stored.read(0, Math.min(4, stored.size), signal));
    if (!compression) return { source: stored, compression: null };
    const { cache, decoders, limits } = this.#circumstances.decoding;
    // Only inside a payload that is compressed itself can there be more than is stored.
    const limit = limits.whole(this.block.payloadLength);
    if (stored.size > limit) {
      const message = `The compressed page data has ${stored.size} bytes, above the limit of ${limit} for what is held at once (wholeLimit)`;
      return { source: stored, compression, problem: { id: "CMP-LIMIT", at: head.dataOffset, message } };
    }
    const load = (given?: AbortSignal) =>
      cache.get(`pages ${this.block.index}`, (loading) => this.#inflate(compression, stored, loading), given);
    const { bytes, pieces, problem } = await load(signal);
    if (problem) {
      const source = problem.id === "CMP-LIMIT" ? stored : new BytesSource(new Uint8Array(0));
      return { source, compression, problem: { ...problem, at: head.dataOffset + problem.at } };
    }
    const name = `The page data of block ${this.block.index}`;
    if (pieces) {
      const read = (given?: AbortSignal) => stored.read(0, stored.size, given);
      return { source: new PieceSource(name, pieces, read, decoders), compression };
    }
    const again = async (given?: AbortSignal) => decompressedAgain(name, await load(given));
    return { source: new LazySource(name, bytes.length, again), compression };
  }

  async #inflate(compression: PageDataCompression, stored: Source, signal: AbortSignal): Promise<DecodedPayload> {
    const { decoding } = this.#circumstances;
    const bytes = await stored.read(0, stored.size, signal);
    const pages = await this.pages(signal);
    return { ...(await openLegacyPageData(compression, this.head, pages, bytes, decoding, signal)), deviations: [] };
  }

  async #readMap(signal: AbortSignal | undefined): Promise<StoredMap> {
    const { mapOffset, dataOffset } = this.head;
    const { start } = this.#circumstances;
    const there = Math.max(0, Math.min(dataOffset, this.payload.size) - mapOffset);
    return this.#mapIn(
      start ? (await start.read(signal)).subarray(mapOffset) : await this.payload.read(mapOffset, there, signal),
    );
  }

  /** `map`: the payload from the map up to the page data. */
  #mapIn(map: Uint8Array): StoredMap {
    const { mapOffset, mapLength, numPages } = this.head;
    // A view of a decompressed payload would keep all of that in memory.
    const padding = ownBytes(map.subarray(mapPaddingAt(this.head) - mapOffset));
    return { pages: new PageStates(ownBytes(map.subarray(0, mapLength)), numPages), padding };
  }
}

/** How many of `length` bytes at `offset` of the region's addresses are there, of `held` bytes of page data. */
function heldBytes(head: RegionHead, pages: PageMap, held: number, offset: bigint, length: number): number {
  const pageSize = BigInt(head.pageSize);
  const start = pages.capturedBefore(Number(offset / pageSize)) * head.pageSize + Number(offset % pageSize);
  return Math.min(length, Math.max(0, held - start));
}
