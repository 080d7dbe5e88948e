/** The first pass over an encrypted capture verifies its tag, in constant memory, and returns no plaintext. */
import { platformAead } from "#aead";
import { startsWith } from "../bytes.js";
import { ProgressMeter, readAhead, SLAB_BYTES, type VerifyProgress } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { type AeadKey, FINGERPRINT_SIZE, type WindowMac } from "./aead/aead.js";

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
  /** Called with the bytes of the file that have been read, and with all its bytes. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** The fingerprints of the ciphertext; undefined if the tag does not match under the key. */
export async function authenticate(
  { source, start, size, aad, tag }: SealedMessage,
  key: AeadKey,
  { signal, onProgress }: AuthenticateOptions,
): Promise<WindowDigests | undefined> {
  const digests = new WindowDigests(size, platformAead.createWindowMac());
  const progress = new ProgressMeter(source.size, onProgress);
  const check = platformAead.createTagCheck(key, aad);
  // The size of a slab is a multiple of the size of a window: both are powers of two.
  const slabBytes = Math.max(SLAB_BYTES, digests.windowBytes);
  let offset = 0;
  for await (const slab of readAhead(source, { from: start, end: start + size, slabBytes, signal })) {
    for (let at = 0; at < slab.length; at += digests.windowBytes) {
      // The cipher and the fingerprints read a window while it is in the cache of the processor.
      const window = slab.subarray(at, at + digests.windowBytes);
      digests.add(offset + at, window);
      check.update(window);
    }
    offset += slab.length;
    progress.report(start + offset);
  }
  return check.holds(tag) ? digests : undefined;
}

/** Bytes of a window. Shorter windows cost more, since each fingerprint has a fixed cost; longer windows make short reads slower. */
const SMALLEST_WINDOW = 128 * 1024;
const MOST_WINDOWS = 131_072;

/**
 * Fingerprints of consecutive windows of the ciphertext, made during authentication. A later read of any part compares fingerprints, and so detects
 * changed bytes. Fingerprints take 2 MiB at most: windows have 128 KiB for messages up to 16 GiB, and more for longer messages.
 */
export class WindowDigests {
  /** Bytes of each window except the last one: a power of two. */
  readonly windowBytes: number;
  readonly #mac: WindowMac;
  readonly #fingerprints: Uint8Array;

  /** `size`: bytes of the message. */
  constructor(size: number, mac: WindowMac) {
    let windowBytes = SMALLEST_WINDOW;
    while (Math.ceil(size / windowBytes) > MOST_WINDOWS) windowBytes *= 2;
    this.windowBytes = windowBytes;
    this.#mac = mac;
    this.#fingerprints = new Uint8Array(Math.ceil(size / windowBytes) * FINGERPRINT_SIZE);
  }

  /** Adds whole windows, of which the first begins at `offset`. Only the last window of the message may be shorter. */
  add(offset: number, bytes: Uint8Array): void {
    this.#forEach(offset, bytes, (index, window) => {
      this.#fingerprints.set(this.#mac.fingerprint(index, window), index * FINGERPRINT_SIZE);
      return true;
    });
  }

  /** Whether whole windows, passed as to `add`, have the same bytes as in the call of `add`. */
  match(offset: number, bytes: Uint8Array): boolean {
    return this.#forEach(offset, bytes, (index, window) => {
      const at = index * FINGERPRINT_SIZE;
      return startsWith(this.#fingerprints, this.#mac.fingerprint(index, window), at);
    });
  }

  #forEach(offset: number, bytes: Uint8Array, use: (index: number, window: Uint8Array) => boolean): boolean {
    for (let at = 0; at < bytes.length; at += this.windowBytes) {
      if (!use((offset + at) / this.windowBytes, bytes.subarray(at, at + this.windowBytes))) return false;
    }
    return true;
  }
}
