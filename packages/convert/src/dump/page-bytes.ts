/** The bytes of captured pages, read from the file of a dump in pieces: memory does not depend on the size of a region. */
import type { Source } from "@memslice/msl";
import { readAhead } from "@memslice/msl/work";
import type { DumpRegions } from "./dump-regions.js";
import type { HeldBytes } from "./held-bytes.js";
import { isCaptured, type StoredRegion } from "./region-pages.js";
import type { SharedSlabs } from "./shared-slabs.js";
import { SLAB_BYTES } from "./zero-slabs.js";

/** Shorter ranges that follow each other in the file share a read of as many bytes. */
const WINDOW_BYTES = 128 * 1024;
/** Page data that is given to the writer in one array: a stream takes longer than the bytes of a small region. */
const WHOLE_BYTES = 32 * 1024;

/** Reads extents of a dump. Several streams may be read at the same time. */
export class PageBytes {
  readonly #source: Source;
  readonly #regions: DumpRegions;
  readonly #held: HeldBytes;
  readonly #signal: AbortSignal | undefined;
  readonly #slabs: SharedSlabs | undefined;
  #window: { readonly start: number; readonly bytes: Uint8Array } = { start: 0, bytes: new Uint8Array(0) };
  /** Where the last short read ended. */
  #shortEnd = -1;

  /** `slabs`: where long reads go that another thread hashes, too. */
  constructor(source: Source, regions: DumpRegions, held: HeldBytes, signal: AbortSignal | undefined, slabs?: SharedSlabs) {
    this.#slabs = slabs;
    this.#source = source;
    this.#regions = regions;
    this.#held = held;
    this.#signal = signal;
  }

  /** The page data of a stored region in one array, which stays as it is; undefined for a region of more than `WHOLE_BYTES`. At once if the bytes are held. */
  whole(stored: StoredRegion): Uint8Array | undefined | Promise<Uint8Array> {
    const log2 = BigInt(stored.input.pageSizeLog2 ?? 0);
    const captured = stored.spans.filter(isCaptured);
    const length = captured.reduce((sum, { pages }) => sum + (pages << log2), 0n);
    if (length > BigInt(WHOLE_BYTES)) return undefined;
    const [span] = captured;
    if (span && captured.length === 1 && span.to === span.from + 1) {
      const extent = this.#regions.extent(span.from);
      const skipped = span.address - extent.address;
      if (skipped === 0n && BigInt(extent.length) >= length) return this.#short(extent.offset, Number(length));
    }
    return this.#gathered(stored, Number(length));
  }

  async #gathered(stored: StoredRegion, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let at = 0;
    for await (const piece of this.of(stored)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
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
      if (this.#slabs) return yield* this.#slabs.read(offset, end);
      // Slabs that begin at multiples of their size: a source that compares windows with those of the first pass reads each of them once.
      const aligned = Math.min(Math.ceil(offset / SLAB_BYTES) * SLAB_BYTES, end);
      const options = { slabBytes: SLAB_BYTES, signal: this.#signal };
      yield* readAhead(this.#source, { from: offset, end: aligned, ...options });
      yield* readAhead(this.#source, { from: aligned, end, ...options });
      return;
    }
    yield this.#short(offset, length);
  }

  /** Fewer bytes than a window: at once if the window has them. */
  #short(offset: number, length: number): Uint8Array | Promise<Uint8Array> {
    const { start, bytes } = this.#window;
    const isNext = offset >= this.#shortEnd && offset - this.#shortEnd < WINDOW_BYTES;
    this.#shortEnd = offset + length;
    if (offset >= start && offset + length <= start + bytes.length)
      return bytes.subarray(offset - start, offset - start + length);
    return this.#loaded(offset, length, isNext);
  }

  /** `isNext`: more bytes behind these are likely to be asked for. */
  async #loaded(offset: number, length: number, isNext: boolean): Promise<Uint8Array> {
    const wanted = isNext ? Math.min(WINDOW_BYTES, this.#source.size - offset) : length;
    // A new array: another stream may still use the one before.
    const bytes = await this.#source.read(offset, wanted, this.#signal);
    this.#window = { start: offset, bytes };
    return bytes.subarray(0, length);
  }
}
