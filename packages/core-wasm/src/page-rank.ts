/// <reference lib="esnext.disposable" preserve="true" />
/** The place of a captured page's bytes: look-ups in a page-state map without decoding it. */
import { type Core, defaultCore, SCRATCH_BYTES } from "./core.js";
import { pageMapBytes, requirePageStates } from "./page-states.js";

/** Ranks have 31 bits: -1 stands for a page that is not captured. */
const MAXIMUM_CAPTURED = 2 ** 31 - 1;
const QUERIES_PER_CALL = SCRATCH_BYTES / 4;

/** Gives back the areas of `PageRank`s that were collected as garbage without a release. */
const dropped = new FinalizationRegistry<{ core: Core; address: number; size: number }>(({ core, address, size }) => {
  core.memory.release(address, size);
});

/**
 * Ranks of the pages of one map: the n-th Captured page, counted from 0, has rank n, and its bytes lie at n * PageSize in PageData
 * (specification, page-state map). Keeps a copy of the map and 4 bytes per 64 pages in the core's linear memory until `release()`.
 */
export class PageRank {
  /** Pages of the map. */
  readonly pages: number;
  /** Number of captured pages. */
  readonly captured: number;
  readonly #core: Core;
  /** Address of the map; the ranks follow it. */
  readonly #map: number;
  readonly #ranks: number;
  readonly #size: number;
  #released = false;

  /**
   * Ranks of the first `pages` states of `map`. Throws a `RangeError` when the map has fewer states, for 2^32 pages or more, for 2^31 captured
   * pages or more, or when linear memory has no room.
   */
  constructor(map: Uint8Array, pages: number, core: Core = defaultCore()) {
    requirePageStates(map, pages);
    const mapBytes = pageMapBytes(pages);
    const ranksAt = Math.ceil(mapBytes / 4) * 4;
    this.pages = pages;
    this.#core = core;
    this.#size = ranksAt + 4 * (Math.floor(pages / 64) + 1);
    // Asked before the area is acquired: growth of the memory detaches a `map` that lies in it.
    const source = core.memory.addressOf(map);
    this.#map = core.memory.acquire(this.#size);
    dropped.register(this, { core, address: this.#map, size: this.#size }, this);
    this.#ranks = this.#map + ranksAt;
    if (source >= 0) core.memory.bytes.copyWithin(this.#map, source, source + mapBytes);
    else core.memory.bytes.set(map.subarray(0, mapBytes), this.#map);
    this.captured = core.kernels.buildPageRank(this.#map, pages, this.#ranks) >>> 0;
    if (this.captured > MAXIMUM_CAPTURED) {
      this.release();
      throw new RangeError(`${this.captured} pages are captured; page ranks count up to ${MAXIMUM_CAPTURED}`);
    }
  }

  /** The number of captured pages before `page`, which is 0 to `pages`. Throws a `RangeError` for any other. */
  capturedBefore(page: number): number {
    this.#requirePage(page, this.pages);
    return this.#core.kernels.capturedBefore(this.#map, this.pages, this.#ranks, page);
  }

  /** The number of captured pages before `page`, -1 when `page` is not captured. Throws a `RangeError` unless `page` is 0 to `pages` - 1. */
  rank(page: number): number {
    this.#requirePage(page, this.pages - 1);
    return this.#core.kernels.rankPage(this.#map, this.pages, this.#ranks, page);
  }

  /** The `rank` of each of many pages, in their order. Throws as `rank` does. */
  ranks(pages: Uint32Array): Int32Array {
    this.#requireUnreleased();
    const { kernels, memory, scratch } = this.#core;
    const ranks = new Int32Array(pages.length);
    for (let at = 0; at < pages.length; at += QUERIES_PER_CALL) {
      const queries = pages.subarray(at, at + QUERIES_PER_CALL);
      new Uint32Array(memory.bytes.buffer, scratch, queries.length).set(queries);
      const answered = kernels.rankPages(this.#map, this.pages, this.#ranks, scratch, queries.length, scratch);
      const unanswered = queries[answered];
      if (unanswered !== undefined) this.#requirePage(unanswered, this.pages - 1);
      ranks.set(new Int32Array(memory.bytes.buffer, scratch, queries.length), at);
    }
    return ranks;
  }

  /** Gives the linear memory back. Look-ups throw a `TypeError` afterwards. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    dropped.unregister(this);
    this.#core.memory.release(this.#map, this.#size);
  }

  /** The same as `release`. */
  [Symbol.dispose](): void {
    this.release();
  }

  #requirePage(page: number, last: number): void {
    this.#requireUnreleased();
    if (!(Number.isInteger(page) && page >= 0 && page <= last)) {
      throw new RangeError(`There is no page ${page} to look up; the page-state map has ${this.pages} pages`);
    }
  }

  #requireUnreleased(): void {
    if (this.#released) throw new TypeError("This page rank was released");
  }
}
