/** Pages by number. When they have more than `maxBytes` together, the least recently used ones are dropped. */
export class PageLru {
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
