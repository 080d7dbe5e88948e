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
  /** Those with bytes, in the order of their last use. */
  readonly #held = new Map<string, DecodedPayload & { readonly bytes: Uint8Array }>();
  /** Those without: they cost next to nothing to keep, and a long way to find out again. */
  readonly #others = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, Promise<DecodedPayload>>();
  #heldBytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is kept under `key`, or what `load` yields; several who ask at once share one load. Bytes above the limit are not kept. */
  async get(key: string, load: () => Promise<DecodedPayload>): Promise<DecodedPayload> {
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held;
    }
    const other = this.#others.get(key);
    if (other) return other;
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
    const { bytes } = decoded;
    if (!bytes) {
      this.#others.set(key, decoded);
      return;
    }
    if (bytes.length > this.#limit) return;
    this.#held.set(key, { ...decoded, bytes });
    this.#heldBytes += bytes.length;
    for (const [oldest, { bytes: dropped }] of this.#held) {
      if (this.#heldBytes <= this.#limit) break;
      this.#held.delete(oldest);
      this.#heldBytes -= dropped.length;
    }
  }
}
