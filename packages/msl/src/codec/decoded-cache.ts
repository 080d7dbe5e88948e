/** Decompressed payloads that may be asked for again: the ones used last, up to a number of bytes over all of them. */
import type { Deviation } from "../lint/deviation.js";

const DEFAULT_LIMIT = 64 * 1024 * 1024;

/** Decoded bytes, and what was odd about the encoded ones. */
export interface DecodedPayload {
  readonly bytes: Uint8Array;
  readonly deviations: readonly Deviation[];
}

export class DecodedCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, Promise<DecodedPayload>>();
  #held = 0;

  constructor(limit = DEFAULT_LIMIT) {
    this.#limit = limit;
  }

  /** What is kept under `key`, or what `load` yields; several who ask at once share one load. Bytes above the limit are not kept. */
  async get(key: string, load: () => Promise<DecodedPayload>): Promise<DecodedPayload> {
    const kept = this.#entries.get(key);
    if (kept) {
      this.#entries.delete(key);
      this.#entries.set(key, kept);
      return kept;
    }
    return this.#pending.get(key) ?? this.#load(key, load);
  }

  #load(key: string, load: () => Promise<DecodedPayload>): Promise<DecodedPayload> {
    const pending = load()
      .then((decoded) => {
        this.#keep(key, decoded);
        return decoded;
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, pending);
    return pending;
  }

  #keep(key: string, decoded: DecodedPayload): void {
    const { length } = decoded.bytes;
    if (length > this.#limit) return;
    this.#entries.set(key, decoded);
    this.#held += length;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#held <= this.#limit) break;
      this.#entries.delete(oldest);
      this.#held -= bytes.length;
    }
  }
}
