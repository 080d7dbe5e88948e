/** The first pass over an encrypted capture: does the tag hold? In constant memory, and without a byte of plaintext leaving it. */
import { platformAead } from "#aead";
import { ProgressMeter, type VerifyProgress } from "../source/progress.js";
import { readAhead, SLAB_BYTES } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import type { AeadKey } from "./aead/aead.js";
import { WindowDigests } from "./window-digests.js";

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
  const progress = new ProgressMeter(source.size, onProgress);
  const check = platformAead.createTagCheck(key, aad);
  // A multiple of the windows' size, which is a power of two.
  const slabBytes = Math.max(SLAB_BYTES, digests.windowBytes);
  let offset = 0;
  for await (const slab of readAhead(source, { from: start, end: start + size, slabBytes, signal })) {
    for (let at = 0; at < slab.length; at += digests.windowBytes) {
      // Both read a window while it is in the processor's cache.
      const window = slab.subarray(at, at + digests.windowBytes);
      digests.add(offset + at, window);
      check.update(window);
    }
    offset += slab.length;
    progress.report(start + offset);
  }
  return check.holds(tag) ? digests : undefined;
}
