/** The first pass over an encrypted capture: does the tag hold? In constant memory, and without a byte of plaintext leaving it. */
import { platformAead } from "#aead";
import { pause } from "#pause";
import { throwIfAborted } from "../errors.js";
import { ProgressMeter, type VerifyProgress } from "../source/progress.js";
import { readExactly, type Source } from "../source/source.js";
import type { AeadKey } from "./aead/aead.js";
import { WindowDigests } from "./window-digests.js";

/** Read at a time; windows are never longer than twice as much. */
const SLAB_BYTES = 1024 * 1024;

/** Looked at between two pauses, a few milliseconds of work: a source in memory gives no other occasion for timers and signals. */
const PAUSE_BYTES = 8 * SLAB_BYTES;

export interface SealedMessage {
  readonly source: Source;
  /** Where the ciphertext lies in the source. */
  readonly start: number;
  readonly size: number;
  readonly aad: Uint8Array;
  readonly tag: Uint8Array;
}

export interface AuthenticateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the file looked at so far, and in all. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** Fingerprints of the ciphertext, or undefined where the tag does not hold. */
export async function authenticate(
  { source, start, size, aad, tag }: SealedMessage,
  key: AeadKey,
  { signal, onProgress }: AuthenticateOptions,
): Promise<WindowDigests | undefined> {
  const digests = new WindowDigests(size, platformAead.createWindowMac());
  const slabs = new SlabReader(source, start, size, Math.max(SLAB_BYTES, digests.windowBytes));
  const progress = new ProgressMeter(source.size, onProgress);
  const check = platformAead.createTagCheck(key, aad);
  // The next slab is read while this one is looked at.
  let next = slabs.read(0, signal);
  for (let offset = 0; offset < size; ) {
    const slab = await next;
    next = slabs.read(offset + slab.length, signal);
    next.catch(() => {});
    for (let at = 0; at < slab.length; at += digests.windowBytes) {
      // Both looks at a window while it lies in the processor's cache.
      const window = slab.subarray(at, at + digests.windowBytes);
      digests.add(offset + at, window);
      check.update(window);
    }
    offset += slab.length;
    progress.report(start + offset);
    if (offset % PAUSE_BYTES === 0) await pause();
    throwIfAborted(signal);
  }
  return check.holds(tag) ? digests : undefined;
}

/** Reads into two buffers in turn, where the source lets it. */
class SlabReader {
  readonly #source: Source;
  readonly #start: number;
  readonly #size: number;
  readonly #slabBytes: number;
  readonly #buffers: [Uint8Array, Uint8Array] | undefined;

  constructor(source: Source, start: number, size: number, slabBytes: number) {
    this.#source = source;
    this.#start = start;
    this.#size = size;
    this.#slabBytes = slabBytes;
    const bufferBytes = Math.min(slabBytes, size);
    this.#buffers = source.readInto ? [new Uint8Array(bufferBytes), new Uint8Array(bufferBytes)] : undefined;
  }

  /** The slab at `offset`, a multiple of the slab's size or the end. Lasts until the second read after this one. */
  async read(offset: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const length = Math.min(this.#slabBytes, this.#size - offset);
    if (!this.#buffers || !this.#source.readInto) return readExactly(this.#source, this.#start + offset, length, signal);
    const buffer = this.#buffers[(offset / this.#slabBytes) % 2 === 0 ? 0 : 1].subarray(0, length);
    if (length > 0) await this.#source.readInto(this.#start + offset, buffer, signal);
    return buffer;
  }
}
