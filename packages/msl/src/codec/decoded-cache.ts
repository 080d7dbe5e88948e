/** Decompressed payloads that may be asked for again: the ones used last, up to a number of bytes over all of them. */

const DEFAULT_LIMIT = 64 * 1024 * 1024;

export class DecodedCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Uint8Array>();
  readonly #pending = new Map<string, Promise<Uint8Array>>();
  #held = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** The bytes kept under `key`, or what `load` yields; several who ask at once share one load. Bytes above the limit are not kept. */
  async get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#entries.get(key);
    if (kept) {
      this.#entries.delete(key);
      this.#entries.set(key, kept);
      return kept;
    }
    return this.#pending.get(key) ?? this.#load(key, load);
  }

  #load(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const pending = load()
      .then((bytes) => {
        this.#keep(key, bytes);
        return bytes;
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  #keep(key: string, bytes: Uint8Array): void {
    if (bytes.length > this.#limit) return;
    this.#entries.set(key, bytes);
    this.#held += bytes.length;
    for (const [oldest, { length }] of this.#entries) {
      if (this.#held <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#held -= length;
    }
  }
}
