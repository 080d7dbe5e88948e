/**
 * A source whose bytes stay the same after they were first read, or reading throws. A tag of each window is kept when it is first read; a
 * later read of any part of the window reads all of it and compares. So all passes over a capture see the same bytes as the pass that verified
 * its hashes, on a source that others may write to.
 */

import { BLAKE3_DIGEST_BYTES, blake3 } from "@memslice/core-wasm";
import { newWindowTags } from "#hash";
import { startsWith, viewOf } from "../bytes.js";
import { MslError } from "../errors.js";
import type { WindowTags } from "../hash/hash-algorithm.js";
import { SharedWork } from "./cancellable-work.js";
import { readInto, requireRange, type Source } from "./source.js";

/** Shorter windows take more memory for tags; longer windows make short reads slower. */
const SMALLEST_WINDOW = 128 * 1024;
/** 2 MiB of tags, 4 MiB of digests. Windows are longer for sources above 16 GiB: 8 MiB for 1 TiB. */
const MOST_WINDOWS = 131_072;
/** Bytes of windows that are kept for short reads that follow each other; at least two windows are kept. */
const KEPT_BYTES = 2 * 1024 * 1024;

/** Where the runtime has no faster tags. */
const DIGESTS: WindowTags = { size: BLAKE3_DIGEST_BYTES, of: (_, window) => blake3(window) };

/** A window in memory. Its array is used again for other windows: new arrays for a whole pass would take as many bytes as the capture has. */
interface WindowSlot {
  bytes: Uint8Array;
  index: number;
  /** When it was used last, as a count of uses. */
  used: number;
}

export class PinnedSource implements Source {
  readonly size: number;
  readonly metered: boolean;
  /** Bytes of every window but the last: a power of two. */
  readonly windowBytes: number;
  readonly #source: Source;
  readonly #tags: WindowTags;
  /** The tag of each window that was read. */
  readonly #kept: Uint8Array;
  readonly #seen: Uint8Array;
  readonly #slots: WindowSlot[] = [];
  readonly #slotsMost: number;
  /** The array of the window that was dropped last. The next load takes it away, so that no other load reads into it. */
  #spare: Uint8Array | undefined;
  #uses = 0;
  readonly #loading = new Map<number, SharedWork<void>>();

  /** Owns the source. */
  constructor(source: Source) {
    this.size = source.size;
    this.metered = source.metered ?? false;
    this.#source = source;
    let windowBytes = SMALLEST_WINDOW;
    while (Math.ceil(this.size / windowBytes) > MOST_WINDOWS) windowBytes *= 2;
    this.windowBytes = windowBytes;
    const windows = Math.ceil(this.size / windowBytes);
    this.#tags = newWindowTags?.() ?? DIGESTS;
    this.#kept = new Uint8Array(windows * this.#tags.size);
    this.#seen = new Uint8Array(windows);
    this.#slotsMost = Math.max(2, Math.floor(KEPT_BYTES / windowBytes));
  }

  /** Throws `changed` when a window has other bytes than when it was first read. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const target = new Uint8Array(length);
    await this.readInto(offset, target, signal);
    return target;
  }

  readAtOnce(offset: number, length: number): Uint8Array | undefined {
    const index = Math.floor(offset / this.windowBytes);
    const start = offset - index * this.windowBytes;
    if (offset + length > this.size || start + length > this.windowBytes) return undefined;
    const slot = this.#slotOf(index);
    return slot && viewOf(slot.bytes, start, start + length);
  }

  /** Throws like `read`. */
  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    requireRange(offset, target.length, this.size);
    const end = offset + target.length;
    for (let at = offset; at < end; ) {
      const wholeEnd = this.#wholeWindowsEnd(at, end);
      if (wholeEnd > at) {
        await this.#readWindows(at, target.subarray(at - offset, wholeEnd - offset), signal);
        at = wholeEnd;
      } else {
        const index = Math.floor(at / this.windowBytes);
        const start = index * this.windowBytes;
        let slot = this.#slotOf(index);
        while (!slot) {
          await this.#loaded(index, signal);
          // Windows that were loaded meanwhile may have taken its place.
          slot = this.#slotOf(index);
        }
        const part = slot.bytes.subarray(at - start, Math.min(this.windowBytes, end - start));
        target.set(part, at - offset);
        at += part.length;
      }
    }
  }

  async close(): Promise<void> {
    this.#slots.length = 0;
    this.#spare = undefined;
    await this.#source.close?.();
  }

  /** The end of the whole windows that begin at `at` and lie before `end`; `at` if there are none. */
  #wholeWindowsEnd(at: number, end: number): number {
    if (at % this.windowBytes !== 0) return at;
    return end === this.size ? end : end - (end % this.windowBytes);
  }

  async #readWindows(offset: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    await readInto(this.#source, offset, target, signal);
    for (let at = 0; at < target.length; at += this.windowBytes) {
      this.#check((offset + at) / this.windowBytes, target.subarray(at, at + this.windowBytes));
    }
  }

  #slotOf(index: number): WindowSlot | undefined {
    for (const slot of this.#slots) {
      if (slot.index !== index) continue;
      slot.used = ++this.#uses;
      return slot;
    }
    return undefined;
  }

  /** Short reads of the same window share one read of the window. */
  #loaded(index: number, signal: AbortSignal | undefined): Promise<void> {
    let loading = this.#loading.get(index);
    if (!loading || loading.dead) {
      const work = new SharedWork((given) => this.#load(index, given));
      this.#loading.set(index, work);
      void work.settled.then(() => {
        if (this.#loading.get(index) === work) this.#loading.delete(index);
      });
      loading = work;
    }
    return loading.join(signal);
  }

  async #load(index: number, signal: AbortSignal): Promise<void> {
    const start = index * this.windowBytes;
    const length = Math.min(this.windowBytes, this.size - start);
    const array = this.#spare ?? new Uint8Array(Math.min(this.windowBytes, this.size));
    this.#spare = undefined;
    // A view of the source's memory may change after it was compared: bytes in an array of this object are compared. After a failure the array is not
    // used again: the source may still write to it.
    this.#check(index, await readInto(this.#source, start, array.subarray(0, length), signal));
    this.#keep(index, array);
  }

  /** Drops the window that was used longest ago, if there are as many as there may be. */
  #keep(index: number, bytes: Uint8Array): void {
    const used = ++this.#uses;
    if (this.#slots.length < this.#slotsMost) {
      this.#slots.push({ bytes, index, used });
      return;
    }
    const oldest = this.#slots.reduce((a, b) => (a.used < b.used ? a : b));
    this.#spare = oldest.bytes;
    oldest.bytes = bytes;
    oldest.index = index;
    oldest.used = used;
  }

  #check(index: number, window: Uint8Array): void {
    const tag = this.#tags.of(index, window);
    const at = index * this.#tags.size;
    if (this.#seen[index] === 0) {
      this.#kept.set(tag, at);
      this.#seen[index] = 1;
      return;
    }
    if (startsWith(this.#kept, tag, at)) return;
    const offset = index * this.windowBytes;
    const last = offset + window.length - 1;
    const message = `The capture was changed while it was open: bytes ${offset}-${last} are not those read before; read a copy that nobody writes to`;
    throw new MslError("changed", message, { offset });
  }
}
