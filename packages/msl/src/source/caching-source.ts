import { ownBytes } from "../bytes.js";
import { throwIfAborted } from "../errors.js";
import { Shown } from "../json/shown.js";
import { countOf, tableOf } from "../options/checks.js";
import { requireOptions } from "../options/require-options.js";
import { SharedWork } from "./cancellable-work.js";
import { readExactly, requireRange, type Source, shownBehind } from "./source.js";

/** Options of `CachingSource`, in bytes. */
export interface CachingOptions {
  /** Bytes of a page, the smallest unit that is fetched. Pages begin at multiples of it. Default 64 KiB. */
  readonly pageSize?: number;
  /** Bytes of all pages that are kept; the least recently used page is dropped first. Default 32 MiB. */
  readonly maxBytes?: number;
}

export const CACHING_SOURCE = tableOf<CachingOptions>("CachingSource")({
  pageSize: countOf("bytes", 1),
  maxBytes: countOf("bytes"),
});

/** Most bytes fetched at once for a reader that moves forward in small steps: fetches double up to here. */
const READ_AHEAD_LIMIT = 64 * 1024;
/** Longer reads are passes over the data: keeping their bytes would drop pages that are read again and again. */
const LONGEST_KEPT_READ = 256 * 1024;

/** Consecutive pages that are being fetched. */
interface Fetch {
  /** File offset of the first page. */
  readonly start: number;
  readonly work: SharedWork<Uint8Array>;
}

/** Bytes of the file from `start` on, kept or being fetched. */
interface Part {
  readonly start: number;
  readonly bytes: Uint8Array | Promise<Uint8Array>;
}

/**
 * Keeps pages of another source. Missing pages that lie side by side are fetched in one read, and no page is fetched twice at the same time.
 * Reads that follow each other closely fetch ahead: one page at first, then twice as much each time, up to 64 KiB. Reads of more than
 * 256 KiB, or of more than an eighth of `maxBytes`, go to the source and are not kept.
 */
export class CachingSource extends Shown implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #pageSize: number;
  readonly #longestKept: number;
  readonly #pages: PageLru;
  readonly #fetches = new Map<number, Fetch>();
  #previousEnd = -Infinity;
  #readAhead = 0;

  /** Throws `usage` for an unknown option, and for a size that is not a byte count. */
  constructor(source: Source, options: CachingOptions = {}) {
    super();
    requireOptions(CACHING_SOURCE, options);
    const { pageSize = 64 * 1024, maxBytes = 32 * 1024 * 1024 } = options;
    this.size = source.size;
    this.metered = source.metered ?? false;
    this.#source = source;
    this.#pageSize = pageSize;
    this.#longestKept = Math.min(LONGEST_KEPT_READ, maxBytes / 8);
    this.#pages = new PageLru(maxBytes);
  }

  override toJSON() {
    const { size, metered } = this;
    const { maxBytes, bytes } = this.#pages;
    return { size, metered, pageSize: this.#pageSize, maxBytes, keptBytes: bytes, ...shownBehind(this.#source) };
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    if (length === 0) return new Uint8Array(0);
    if (length > this.#longestKept) return readExactly(this.#source, offset, length, signal);
    this.#noteSequence(offset, length);
    const parts = this.#partsOf(offset, offset + length, signal);
    const pieces = await Promise.all(parts.map(({ bytes }) => bytes));
    const target = new Uint8Array(length);
    parts.forEach(({ start }, i) => {
      const piece = pieces[i]?.subarray(Math.max(0, offset - start), offset + length - start);
      if (piece) target.set(piece, Math.max(0, start - offset));
    });
    return target;
  }

  async requireUnchanged(): Promise<void> {
    await this.#source.requireUnchanged?.();
  }

  /** Drops the pages and closes the source below. */
  async close(): Promise<void> {
    this.#pages.clear();
    await this.#source.close?.();
  }

  #noteSequence(offset: number, length: number): void {
    const follows = Math.abs(offset - this.#previousEnd) <= this.#pageSize;
    if (!follows) this.#readAhead = 0;
    else if (this.#readAhead === 0) this.#readAhead = this.#pageSize;
    this.#previousEnd = offset + length;
  }

  /** The parts of `[offset, end)` in file order. Starts to fetch missing pages; synchronous, so that reads issued together share fetches. */
  #partsOf(offset: number, end: number, signal: AbortSignal | undefined): Part[] {
    const parts: Part[] = [];
    const endPage = Math.ceil(end / this.#pageSize);
    let last: Fetch | undefined;
    for (let page = Math.floor(offset / this.#pageSize); page < endPage; page++) {
      const kept = this.#pages.get(page);
      if (kept) {
        parts.push({ start: page * this.#pageSize, bytes: kept });
        continue;
      }
      const fetch = this.#fetchOf(page) ?? this.#fetch(page, endPage);
      if (fetch !== last) parts.push({ start: fetch.start, bytes: fetch.work.join(signal) });
      last = fetch;
    }
    return parts;
  }

  #fetchOf(page: number): Fetch | undefined {
    const fetch = this.#fetches.get(page);
    return fetch?.work.dead ? undefined : fetch;
  }

  #isMissing(page: number): boolean {
    return !this.#pages.has(page) && !this.#fetchOf(page);
  }

  /** Fetches the missing pages from `page` to `endPage`, and beyond it for a reader that moves forward; ends before the next page that is kept. */
  #fetch(page: number, endPage: number): Fetch {
    const sizeInPages = Math.ceil(this.size / this.#pageSize);
    const wanted = Math.min(Math.max(endPage, page + Math.ceil(this.#readAhead / this.#pageSize)), sizeInPages);
    this.#readAhead = Math.min(2 * this.#readAhead, READ_AHEAD_LIMIT);
    let pageAfter = page + 1;
    while (pageAfter < wanted && this.#isMissing(pageAfter)) pageAfter++;
    const start = page * this.#pageSize;
    const length = Math.min(pageAfter * this.#pageSize, this.size) - start;
    const work = new SharedWork(async (signal) => {
      const bytes = await readExactly(this.#source, start, length, signal);
      for (let at = 0; at < length; at += this.#pageSize) {
        this.#pages.set((start + at) / this.#pageSize, ownBytes(bytes.subarray(at, at + this.#pageSize)));
      }
      return bytes;
    });
    const fetch = { start, work };
    for (let fetched = page; fetched < pageAfter; fetched++) this.#fetches.set(fetched, fetch);
    work.settled.then(() => {
      for (let fetched = page; fetched < pageAfter; fetched++) {
        if (this.#fetches.get(fetched) === fetch) this.#fetches.delete(fetched);
      }
    });
    return fetch;
  }
}

/** Pages by number. When they have more than `maxBytes` together, the least recently used ones are dropped. */
class PageLru {
  /** Insertion order is the order of use. */
  readonly #pages = new Map<number, Uint8Array>();
  readonly #maxBytes: number;
  #bytes = 0;
  /**
   * The page used last. Most reads use the same page again: it is not moved to the end of the map, since each move leaves a hole in the
   * map, and V8 copies a map with many holes.
   */
  #newest: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get maxBytes(): number {
    return this.#maxBytes;
  }

  has(page: number): boolean {
    return this.#pages.has(page);
  }

  get(page: number): Uint8Array | undefined {
    const bytes = this.#pages.get(page);
    if (bytes && page !== this.#newest) {
      this.#pages.delete(page);
      this.#pages.set(page, bytes);
      this.#newest = page;
    }
    return bytes;
  }

  /** Keeps `bytes` itself; it must not be a view of something larger, which would stay in memory with it. */
  set(page: number, bytes: Uint8Array): void {
    this.#bytes += bytes.length - (this.#pages.get(page)?.length ?? 0);
    this.#pages.delete(page);
    this.#pages.set(page, bytes);
    this.#newest = page;
    for (const [oldest, { length }] of this.#pages) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#pages.delete(oldest);
      this.#bytes -= length;
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#newest = undefined;
    this.#bytes = 0;
  }
}
