/** A region in one block. Its page-state map and page data are read when they are asked for. */

import { ownBytes } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import { PageStates } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import {
  checkMapPadding,
  checkPageData,
  mapPaddingAt,
  missingPages,
  neededPageData,
  pageDataEnd,
} from "../format/payloads/page-data.js";
import { Remembered } from "../source/cancellable-work.js";
import { readInto, type Source } from "../source/source.js";
import {
  type Coverage,
  type FragmentData,
  type PageDataExtent,
  type Region,
  RegionExtent,
  type RegionStretch,
} from "./region.js";
import { type RegionOrigin, type RegionOutline, type RegionParts, SingleOrigin } from "./region-parts.js";
import { locatePageData, type StoredPages } from "./stored-pages.js";

/** A page-state map, and the padding between it and the page data. */
interface StoredMap {
  readonly pages: PageStates;
  /** Needed by `check` only, but read with the map: to read it later, a compressed payload would have to be decompressed again. */
  readonly padding: Uint8Array;
}

/** Holds results of reading only, since a capture may have very many regions. Everything else is asked of the origin each time. */
export class BlockRegion extends RegionExtent implements Region, FragmentData {
  readonly #origin: RegionOrigin;
  readonly #row: number;
  /**
   * Whether all readers pass the same signal. A read that they share then uses this signal; an AbortController for the read would take more memory
   * than most maps.
   */
  readonly #oneReader: boolean;
  #map: Remembered<StoredMap> | undefined;
  #pageData: Remembered<StoredPages> | undefined;
  #coverage: BlockCoverage | undefined;
  /** Bytes of page data that can be read. Undefined until the page data was located: a compressed payload is decompressed to its end for that. */
  #held: number | undefined;

  constructor(origin: RegionOrigin, row: number, oneReader = false) {
    super();
    this.#origin = origin;
    this.#row = row;
    this.#oneReader = oneReader;
  }

  static of(parts: RegionParts): BlockRegion {
    return new BlockRegion(new SingleOrigin(parts), 0);
  }

  get #parts(): RegionParts {
    return this.#origin.partsOf(this.#row);
  }

  get block(): BlockInfo {
    return this.#parts.block;
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

  /** The same region as a new object for one reader, who passes the same signal each time. The object reads map and page data anew, and keeps them. */
  afresh(): BlockRegion {
    return new BlockRegion(new SingleOrigin(this.#parts), 0, true);
  }

  get blocks(): readonly BlockInfo[] {
    return [this.block];
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return smallMapOf(this.#origin.outlineOf(this.#row)) ?? (await this.#storedMap(signal)).pages;
  }

  /** Keeps the map that lies in `start`, the bytes of the payload up to the page data. */
  remember(start: Uint8Array): void {
    const map = this.#mapIn(start.subarray(this.head.mapOffset));
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
    const { held, compression } = await this.#readable(signal);
    return { needed: neededPageData(this.head, pages), held, missingPages: missingPages(this.head, pages, held), compression };
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
    const { head, cut, locate, begun, deviations: known } = this.#parts;
    const { source, held, compression, problem: unreadable, ofCompression = [] } = await this.#stored(signal);
    const deviations: Deviation[] = [...(begun?.deviationsWith(ofCompression) ?? known)];
    const report = (deviation: Omit<Deviation, "block">) => deviations.push(locate(deviation));
    const { pages, padding } = await this.#storedMap(signal);
    checkMapPadding(head, padding, report);
    if (unreadable) return { problem: unreadable, deviations };
    const stored = compression === null ? head.dataLength : source.size;
    const end = pageDataEnd(head, pages, stored);
    const surplus = source.size > end && source.size < end + 8 ? await source.read(end, source.size - end, signal) : undefined;
    const isShort = stored < neededPageData(head, pages) && !cut;
    const problem = checkPageData(head, pages, isShort ? held : stored, surplus, report);
    return { problem: cut ?? problem, deviations };
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
    const known = this.#pageData?.value;
    const { source, held } = known && !known.problem ? known : await this.#readable(signal);
    const there = Math.min(length, held - offset);
    if (there <= 0) return new Uint8Array(0);
    return into ? readInto(source, offset, into.subarray(0, there), signal) : source.read(offset, there, signal);
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

  /** Why the payload of a region that was found by the start of its payload does not decompress. Undefined if it does, and for other regions. */
  async fault(signal?: AbortSignal): Promise<Problem | undefined> {
    return this.#parts.begun ? (await this.#stored(signal)).problem : undefined;
  }

  async #readable(signal: AbortSignal | undefined): Promise<StoredPages> {
    const stored = await this.#stored(signal);
    if (stored.problem?.id !== "CMP-LIMIT") return stored;
    throw new MslError("limit", stored.problem.message, { block: this.block.index, offset: this.block.offset });
  }

  #stored(signal: AbortSignal | undefined): Promise<StoredPages> {
    this.#pageData ??= new Remembered();
    return this.#pageData.get((given) => this.#locate(given), signal, this.#oneReader);
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
    const map = await this.#map.get((given) => this.#readMap(given), signal, this.#oneReader);
    this.#isUsed(map.pages);
    return map;
  }

  async #readMap(signal: AbortSignal | undefined): Promise<StoredMap> {
    const { map } = this.#origin.outlineOf(this.#row);
    if (map) return this.#mapIn(map);
    const { begun, payload, head } = this.#parts;
    const { mapOffset, dataOffset } = head;
    if (begun) return this.#mapIn((await begun.start(signal)).subarray(mapOffset));
    const there = Math.max(0, Math.min(dataOffset, payload.size) - mapOffset);
    return this.#mapIn(await payload.read(mapOffset, there, signal));
  }

  /** `map`: the payload from the first byte of the map up to the page data. */
  #mapIn(map: Uint8Array): StoredMap {
    const { mapOffset, mapLength, numPages } = this.head;
    // A copy: a view would keep all of a decompressed payload in memory.
    const padding = ownBytes(map.subarray(mapPaddingAt(this.head) - mapOffset));
    return { pages: new PageStates(ownBytes(map.subarray(0, mapLength)), numPages), padding };
  }

  #isUsed({ numPages }: PageMap): void {
    this.#origin.kept?.use(this, Math.ceil(numPages / PAGES_PER_BYTE));
  }
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
