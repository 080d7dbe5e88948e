/**
 * Decompressed payloads that may be asked for again: the bytes of the ones used last, up to a number over all of them, and how to read
 * those that are not held.
 */
import type { Deviation } from "../lint/deviation.js";
import type { Readable } from "./readable.js";

/** What a payload turned out to be, and what was odd about the encoded one. */
export type DecodedPayload = Readable & { readonly deviations: readonly Deviation[] };

export class DecodedCache {
  readonly #limit: number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, Promise<DecodedPayload>>();
  #held = 0;

  constructor(limit: number) {
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
    const length = decoded.bytes?.length ?? 0;
    if (length > this.#limit) return;
    this.#entries.set(key, decoded);
    this.#held += length;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#held <= this.#limit) break;
      // Without bytes it costs nothing to keep, and a long way to find out again.
      if (!bytes) continue;
      this.#entries.delete(oldest);
      this.#held -= bytes.length;
    }
  }
}
