/**
 * A dump from front to back in arrays of shared memory, which another thread hashes in place: the next one is read while the caller and that thread work on those before.
 * Slabs that an earlier pass found to be zeros, most of a dump with holes, are not read again.
 */
import type { Source } from "@memslice/msl";
import { readInto, type ThreadedDigest, throwIfAborted } from "@memslice/msl/work";
import { SLAB_BYTES, type ZeroSlabs } from "./zero-slabs.js";

/** One is hashed by the other thread, one is with the caller, one is read into. */
const SLABS = 3;

/** An array, and when it may be filled again. */
interface Slab {
  readonly bytes: Uint8Array;
  free: Promise<void>;
}

export class SharedSlabs {
  readonly #source: Source;
  readonly #digest: ThreadedDigest;
  readonly #zeros: ZeroSlabs | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Arrays that no read has. Those of a read that was not ended are not used again. */
  readonly #idle: Slab[][] = [];

  /** `digest` hashes what is read, or parts of it, and nothing in these arrays but that. `zeros`: slabs that an earlier pass found, which this one adds to. */
  constructor(source: Source, digest: ThreadedDigest, zeros: ZeroSlabs | undefined, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#digest = digest;
    this.#zeros = zeros;
    this.#signal = signal;
  }

  /** The bytes `[from, end)` in order. An array is filled again when two others were asked for and all that `digest` was given until the next one was, is hashed. */
  async *read(from: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (from >= end) return;
    const slabs = this.#idle.pop() ?? Array.from({ length: SLABS }, newSlab);
    const begin = (turn: number, offset: number) => this.#begin(slabs[turn % SLABS] ?? newSlab(), offset, end);
    let next = begin(0, from);
    for (let turn = 0, offset = from; offset < end; turn++) {
      const { slab, bytes } = await next;
      offset += bytes.length;
      if (offset < end) next = begin(turn + 1, offset);
      yield bytes;
      throwIfAborted(this.#signal);
      slab.free = this.#digest.hashed();
      // Awaited later: without a handler, a rejection until then would be reported as unhandled.
      slab.free.catch(() => {});
    }
    this.#idle.push(slabs);
  }

  /** Reads to the next border of a slab, or to the end, when the slab may be filled. */
  #begin(slab: Slab, offset: number, end: number): Promise<{ readonly slab: Slab; readonly bytes: Uint8Array }> {
    const border = (Math.floor(offset / SLAB_BYTES) + 1) * SLAB_BYTES;
    const target = slab.bytes.subarray(0, Math.min(border, end) - offset);
    const reading = slab.free.then(async () => ({ slab, bytes: await this.#bytesAt(offset, target) }));
    reading.catch(() => {});
    return reading;
  }

  async #bytesAt(offset: number, target: Uint8Array): Promise<Uint8Array> {
    const known = this.#zeros?.at(offset, target.length);
    if (known) return known;
    const bytes = await readInto(this.#source, offset, target, this.#signal);
    this.#zeros?.look(offset, bytes);
    return bytes;
  }
}

function newSlab(): Slab {
  return { bytes: new Uint8Array(new SharedArrayBuffer(SLAB_BYTES)), free: Promise.resolve() };
}
