/** A region in one block. Its page-state map and page data are read when they are asked for. */

import { ownBytes } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import type { BlockInfo } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import { PageStates } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { mapPaddingAt, neededPageData } from "../format/payloads/page-data.js";
import { Remembered } from "../source/cancellable-work.js";
import { readInto, type Source, type SourcePlace, SourceSlice } from "../source/source.js";
import {
  type Coverage,
  type FragmentData,
  type PageDataExtent,
  type Region,
  RegionExtent,
  type RegionStretch,
} from "./region.js";
import { type RegionOrigin, type RegionOutline, type RegionParts, SingleOrigin } from "./region-parts.js";
import { checkedRegion, extentOf, type RegionReading, requireWithinLimit, type StoredMap, surplusOf } from "./region-reading.js";
import { locatePageData, plainPages, type StoredPages } from "./stored-pages.js";

/** Decompressed payloads up to this size are held by a `RegionReading`; longer ones are held by the cache of the capture, within its limit. */
const HELD_BY_READING = 64 * 1024;

/** Holds results of reading only, since a capture may have very many regions. Everything else is asked of the origin each time. */
export class BlockRegion extends RegionExtent implements Region, FragmentData {
  readonly #origin: RegionOrigin;
  readonly #row: number;
  #map: Remembered<StoredMap> | undefined;
  #pageData: Remembered<StoredPages> | undefined;
  #coverage: BlockCoverage | undefined;
  /** Bytes of page data that can be read. Undefined until the page data was located: a compressed payload is decompressed to its end for that. */
  #held: number | undefined;

  constructor(origin: RegionOrigin, row: number) {
    super();
    this.#origin = origin;
    this.#row = row;
  }

  static of(parts: RegionParts): BlockRegion {
    return new BlockRegion(new SingleOrigin(parts), 0);
  }

  get #parts(): RegionParts {
    return this.#origin.partsOf(this.#row);
  }

  get block(): BlockInfo {
    return this.#origin.blockOf(this.#row);
  }

  get head(): RegionHead {
    return this.#parts.head;
  }

  /** The block's uncompressed payload. */
  get payload(): Source {
    return this.#parts.payload;
  }

  override get baseAddr(): bigint {
    return this.#origin.baseAddr(this.#row);
  }

  override get regionSize(): bigint {
    return this.#origin.regionSize(this.#row);
  }

  /**
   * The same region with another payload: its own, followed by the payloads of continuation fragments. Not for a region that was found by the start of
   * a compressed payload.
   */
  withPayload(payload: Source): BlockRegion {
    const parts = this.#parts;
    const dataLength = payload.size - parts.head.dataOffset;
    return BlockRegion.of({ ...parts, head: { ...parts.head, dataLength }, payload });
  }

  /** Reads everything but the page data, without keeping it. A compressed payload is decompressed to its end. Throws `limit` for one above a limit. */
  async reading(signal?: AbortSignal): Promise<RegionReading> {
    const parts = this.#origin.partsOnce(this.#row);
    const { block, head, begun } = parts;
    const map = await this.#readMap(parts, signal);
    const { pages } = map;
    const whole = begun && (parts.payload.size <= HELD_BY_READING ? begun.once : begun.whole);
    const stored = plainPages(parts, pages) ?? (await locatePageData(parts, pages, signal, whole));
    requireWithinLimit(stored, block);
    const { source, problem: fault } = stored;
    const range = fault ? undefined : surplusOf(parts, pages, stored);
    const surplus = range && (await source.read(range.start, range.end - range.start, signal));
    const { problem, deviations } = checkedRegion(parts, map, stored, surplus);
    return { block, head, pages, extent: extentOf(head, pages, stored), pageData: source, fault, problem, deviations };
  }

  /** Why the payload of a compressed region cannot be decompressed, if a limit forbids it. Undefined for a region whose payload is not compressed. */
  async limitProblem(signal?: AbortSignal): Promise<Problem | undefined> {
    const { begun, payload } = this.#origin.partsOnce(this.#row);
    if (!begun || begun.isWithinLimits) return undefined;
    const whole = payload.size <= HELD_BY_READING ? begun.once : begun.whole;
    const { problem } = await whole(signal);
    return problem?.id === "CMP-LIMIT" ? problem : undefined;
  }

  get blocks(): readonly BlockInfo[] {
    return [this.block];
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return smallMapOf(this.#origin.outlineOf(this.#row)) ?? (await this.#storedMap(signal)).pages;
  }

  /** Keeps the map that lies in `start`, the bytes of the payload up to the page data. */
  remember(start: Uint8Array): void {
    const { head } = this;
    const map = mapIn(head, start.subarray(head.mapOffset));
    this.#map = new Remembered(map);
    this.#isUsed(map.pages);
  }

  /** Drops map and page data; they are read again when they are asked for. */
  forget(): void {
    this.#map = undefined;
    this.#pageData = undefined;
    this.#coverage = undefined;
  }

  async pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent> {
    const pages = await this.pages(signal);
    return extentOf(this.head, pages, await this.#readable(signal));
  }

  async coverage(signal?: AbortSignal): Promise<Coverage> {
    if (this.#coverage) {
      this.#isUsed(this.#coverage.pages);
      return this.#coverage;
    }
    const outline = this.#origin.outlineOf(this.#row);
    const small = smallMapOf(outline);
    const pages = small ?? (await this.#storedMap(signal)).pages;
    // If the size of the payload leaves room for all captured pages, the payload need not be decompressed to know how many bytes there are.
    const isStated = outline.layout !== "0.1" && outline.stated >= neededPageData(outline, pages);
    if (this.#held === undefined && !isStated) await this.#stored(signal);
    const coverage = new BlockCoverage(this, pages, outline.pageSize, this.#held ?? outline.stated);
    if (!small) this.#coverage = coverage;
    return coverage;
  }

  /** Compares map and page data. The problem says why captured pages lack bytes; its offset counts from the start of the payload. */
  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const parts = this.#parts;
    const stored = await this.#stored(signal);
    const map = await this.#storedMap(signal);
    const range = stored.problem ? undefined : surplusOf(parts, map.pages, stored);
    const surplus = range && (await stored.source.read(range.start, range.end - range.start, signal));
    return checkedRegion(parts, map, stored, surplus);
  }

  async readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const pages = await this.pages(signal);
    const { pageSize } = this.head;
    // With bigint: in regions of the largest pages, offsets pass 2^53, beyond which a number is not exact.
    const bytesPerPage = BigInt(pageSize);
    const first = Number(offset / bytesPerPage);
    const end = Number((offset + BigInt(length) + bytesPerPage - 1n) / bytesPerPage);
    const before = pages.capturedBefore(first);
    if (pages.capturedBefore(end) - before !== end - first) {
      const message = `Pages ${first} to ${end - 1} of the region at 0x${this.baseAddr.toString(16)} are not all captured`;
      throw new MslError("usage", message, { block: this.block.index });
    }
    return this.readHeld(before * pageSize + Number(offset % bytesPerPage), length, signal, into);
  }

  async readHeld(offset: number, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const { source, held } = await this.#heldPages(signal);
    const there = Math.min(length, held - offset);
    if (there <= 0) return new Uint8Array(0);
    return into ? readInto(source, offset, into.subarray(0, there), signal) : source.read(offset, there, signal);
  }

  async placeOf(offset: number, length: number, signal?: AbortSignal): Promise<SourcePlace | undefined> {
    const { source, held } = await this.#heldPages(signal);
    return offset + length <= held && source instanceof SourceSlice ? source.behind(offset) : undefined;
  }

  /** Without a promise of its own if the page data was located before. */
  #heldPages(signal: AbortSignal | undefined): StoredPages | Promise<StoredPages> {
    const known = this.#pageData?.value;
    return known && !known.problem ? known : this.#readable(signal);
  }

  /** `length` bytes of the page data, the captured pages one after the other, from `offset` on; for digests and copies of a whole region. */
  async readPageData(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { source } = await this.#readable(signal);
    return source.read(offset, length, signal);
  }

  /** The page data, the captured pages one after the other, and any bytes behind it. */
  async pageDataSource(signal?: AbortSignal): Promise<Source> {
    return (await this.#readable(signal)).source;
  }

  async #readable(signal: AbortSignal | undefined): Promise<StoredPages> {
    const stored = await this.#stored(signal);
    requireWithinLimit(stored, this.block);
    return stored;
  }

  #stored(signal: AbortSignal | undefined): Promise<StoredPages> {
    this.#pageData ??= new Remembered();
    return this.#pageData.get((given) => this.#locate(given), signal);
  }

  async #locate(signal: AbortSignal | undefined): Promise<StoredPages> {
    const pages = await this.pages(signal);
    const stored = await locatePageData(this.#parts, pages, signal);
    // The capture holds the bytes, and they can be read with a higher limit.
    this.#held = stored.problem?.id === "CMP-LIMIT" ? neededPageData(this.head, pages) : stored.held;
    this.#coverage = undefined;
    this.#isUsed(pages);
    return stored;
  }

  async #storedMap(signal: AbortSignal | undefined): Promise<StoredMap> {
    this.#map ??= new Remembered();
    const map = await this.#map.get((given) => this.#readMap(this.#parts, given), signal);
    this.#isUsed(map.pages);
    return map;
  }

  async #readMap({ begun, payload, head }: RegionParts, signal: AbortSignal | undefined): Promise<StoredMap> {
    const { map } = this.#origin.outlineOf(this.#row);
    if (map) return mapIn(head, map);
    const { mapOffset, dataOffset } = head;
    if (begun) return mapIn(head, (await begun.start(signal)).subarray(mapOffset));
    const there = Math.max(0, Math.min(dataOffset, payload.size) - mapOffset);
    return mapIn(head, await payload.read(mapOffset, there, signal));
  }

  #isUsed({ numPages }: PageMap): void {
    this.#origin.kept?.use(this, Math.ceil(numPages / PAGES_PER_BYTE));
  }
}

/** `map`: the payload from the first byte of the map up to the page data. */
function mapIn(head: RegionHead, map: Uint8Array): StoredMap {
  const { mapOffset, mapLength, numPages } = head;
  // A copy: a view would keep all of a decompressed payload in memory.
  const padding = ownBytes(map.subarray(mapPaddingAt(head) - mapOffset));
  return { pages: new PageStates(ownBytes(map.subarray(0, mapLength)), numPages), padding };
}

const PAGES_PER_BYTE = 4;
/** The object of a map with at most this number of pages is not kept but made each time from the bytes in its row: it has no index that is worth keeping. */
const SMALL_MAP_PAGES = 256;

function smallMapOf({ map, numPages }: RegionOutline): PageStates | undefined {
  if (!map || numPages > SMALL_MAP_PAGES) return undefined;
  return new PageStates(map.subarray(0, Math.ceil(numPages / PAGES_PER_BYTE)), numPages);
}

/** Kept by a region with a large map until the page data is located: how much page data the capture holds is known for certain only then. */
class BlockCoverage implements Coverage {
  readonly pages: PageMap;
  readonly #region: BlockRegion;
  readonly #pageSize: number;
  /** Bytes of page data that the capture holds. */
  readonly #held: number;

  constructor(region: BlockRegion, pages: PageMap, pageSize: number, held: number) {
    this.#region = region;
    this.pages = pages;
    this.#pageSize = pageSize;
    this.#held = held;
  }

  *stretches(from: bigint, to: bigint): Generator<RegionStretch, void, undefined> {
    const region = this.#region;
    const { baseAddr, endAddr } = region;
    const pageSize = BigInt(this.#pageSize);
    const start = from > baseAddr ? from : baseAddr;
    const end = to < endAddr ? to : endAddr;
    const first = Number((start - baseAddr) / pageSize);
    let captured = first === 0 ? 0 : this.pages.capturedBefore(first);
    for (const { start: page, count, state } of this.pages.runs(first, Number((end - baseAddr + pageSize - 1n) / pageSize))) {
      const runStart = baseAddr + BigInt(page) * pageSize;
      const runEnd = runStart + BigInt(count) * pageSize;
      const dataBase = runStart - BigInt(captured) * pageSize;
      yield {
        start: runStart > start ? runStart : start,
        end: runEnd < end ? runEnd : end,
        state,
        region,
        fragment: region,
        dataBase,
        heldEnd: dataBase + BigInt(this.#held),
      };
      if (state === "captured") captured += count;
    }
  }
}
