/** The plaintext of an authenticated capture as a source. The first block lies at offset 0. */
import { platformAead } from "#aead";
import { MslError, throwIfAborted } from "../errors.js";
import { readExactly, requireRange, type Source } from "../source/source.js";
import { type AeadKey, KEY_STREAM_UNIT, type KeyStream } from "./aead/aead.js";
import type { SealedMessage, WindowDigests } from "./authenticate.js";

/** Bytes of ciphertext that are decrypted at once, if windows are not longer. Larger pieces would make more garbage at once. */
const SLAB_BYTES = 256 * 1024;

export class DecryptingSource implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #start: number;
  readonly #digests: WindowDigests;
  readonly #key: AeadKey;
  #keyStream: KeyStream | undefined;
  /** A buffer for ciphertext; undefined while a read uses it. */
  #spare: Uint8Array | undefined;

  /** `close` closes the source and zeroes the key. `digests`: of the same ciphertext, whose tag was verified. */
  constructor({ source, start, size }: SealedMessage, key: AeadKey, digests: WindowDigests) {
    this.size = size;
    this.metered = source.metered ?? false;
    this.#source = source;
    this.#start = start;
    this.#digests = digests;
    this.#key = key;
    this.#keyStream = platformAead.createKeyStream(key);
    if (source.readInto) this.#spare = new Uint8Array(Math.min(size, Math.max(SLAB_BYTES, digests.windowBytes)));
  }

  /** Throws `changed` if the ciphertext is no longer the one that was authenticated. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    const target = new Uint8Array(length);
    const end = offset + length;
    const slabBytes = Math.max(SLAB_BYTES, this.#digests.windowBytes);
    for (let at = offset; at < end; ) {
      const slabEnd = Math.min(end, at - (at % slabBytes) + slabBytes);
      target.set(await this.#decrypt(at, slabEnd, signal), at - offset);
      at = slabEnd;
    }
    return target;
  }

  async close(): Promise<void> {
    this.#keyStream = undefined;
    this.#key.key.fill(0);
    await this.#source.close?.();
  }

  async #decrypt(from: number, to: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { windowBytes } = this.#digests;
    const start = from - (from % windowBytes);
    const end = Math.min(this.size, Math.ceil(to / windowBytes) * windowBytes);
    const room = this.#spare;
    this.#spare = undefined;
    try {
      const ciphertext = await this.#read(start, end - start, room, signal);
      return await this.#decryptChecked(ciphertext, start, { from, to });
    } finally {
      this.#spare = room ?? this.#spare;
    }
  }

  async #read(start: number, length: number, room: Uint8Array | undefined, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.#source.readInto) return readExactly(this.#source, this.#start + start, length, signal);
    const ciphertext = (room ?? new Uint8Array(length)).subarray(0, length);
    await this.#source.readInto(this.#start + start, ciphertext, signal);
    return ciphertext;
  }

  async #decryptChecked(
    ciphertext: Uint8Array,
    start: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<Uint8Array> {
    if (!this.#keyStream) throw new MslError("closed", "The capture was closed");
    if (!this.#digests.match(start, ciphertext)) {
      const offset = this.#start + start;
      const message = `The encrypted capture was changed while it was open: bytes ${offset}-${offset + ciphertext.length - 1} are not those whose tag was verified`;
      throw new MslError("changed", message, { offset });
    }
    // Decryption begins in the same turn of the event loop as the comparison, so that the buffer cannot change in between.
    const unit = from - (from % KEY_STREAM_UNIT);
    const plaintext = await this.#keyStream.apply(unit, ciphertext.subarray(unit - start, to - start));
    return plaintext.subarray(from - unit);
  }
}
