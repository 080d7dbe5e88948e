/** The bytes of captured pages, read from the file of a dump in pieces: memory does not depend on the size of a region. */
import type { Source } from "@memslice/msl";
import { readAhead } from "@memslice/msl/work";
import type { DumpRegions } from "./dump-regions.js";
import type { HeldBytes } from "./held-bytes.js";
import { isCaptured, type StoredRegion } from "./region-pages.js";

/** Bytes read at once. Shorter ranges that follow each other in the file share a read of as many bytes as `WINDOW_BYTES`. */
const SLAB_BYTES = 1024 * 1024;
const WINDOW_BYTES = 128 * 1024;

/** Reads extents of a dump. Several streams may be read at the same time. */
export class PageBytes {
  readonly #source: Source;
  readonly #regions: DumpRegions;
  readonly #held: HeldBytes;
  readonly #signal: AbortSignal | undefined;
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  /** Where the last short read ended. */
  #shortEnd = -1;

  constructor(source: Source, regions: DumpRegions, held: HeldBytes, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#regions = regions;
    this.#held = held;
    this.#signal = signal;
  }

  /** The page data of a stored region; each piece is valid until the next one is asked for. Bytes of captured pages that the region does not have are those of another region, and zeros where none has them. */
  async *of({ spans, input }: StoredRegion): AsyncGenerator<Uint8Array, void, undefined> {
    const page = 1n << BigInt(input.pageSizeLog2 ?? 0);
    for (const span of spans) {
      if (!isCaptured(span)) continue;
      let at = span.address;
      const end = at + span.pages * page;
      for (let index = span.from; index < span.to; index++) {
        const { address, offset, length } = this.#regions.extent(index);
        if (address > at) yield* this.#filled(at, address);
        // A page that would pass 2^64 is left out, with the bytes in it.
        const there = Math.min(length, Number(end - address));
        yield* this.#read(offset, there);
        at = address + BigInt(there);
      }
      if (end > at) yield* this.#filled(at, end);
    }
  }

  async *#filled(from: bigint, to: bigint): AsyncGenerator<Uint8Array, void, undefined> {
    for (const { offset, length } of this.#held.pieces(from, to)) {
      if (offset === undefined) yield new Uint8Array(length);
      else yield* this.#read(offset, length);
    }
  }

  async *#read(offset: number, length: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (length >= WINDOW_BYTES) {
      const end = offset + length;
      // Slabs that begin at multiples of their size: a source that compares windows with those of the first pass reads each of them once.
      const aligned = Math.min(Math.ceil(offset / SLAB_BYTES) * SLAB_BYTES, end);
      const options = { slabBytes: SLAB_BYTES, signal: this.#signal };
      yield* readAhead(this.#source, { from: offset, end: aligned, ...options });
      yield* readAhead(this.#source, { from: aligned, end, ...options });
      return;
    }
    const { start, bytes } = this.#window;
    const isHeld = offset >= start && offset + length <= start + bytes.length;
    if (!isHeld) {
      const follows = offset >= this.#shortEnd && offset - this.#shortEnd < WINDOW_BYTES;
      const wanted = follows ? Math.min(WINDOW_BYTES, this.#source.size - offset) : length;
      // A new array: another stream may still use the one before.
      this.#window = { start: offset, bytes: await this.#source.read(offset, wanted, this.#signal) };
    }
    this.#shortEnd = offset + length;
    const from = offset - this.#window.start;
    yield this.#window.bytes.subarray(from, from + length);
  }
}
