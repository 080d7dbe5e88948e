/**
 * Decompressed payloads that may be asked for again: the bytes of the ones used last, up to a number over all of them, and how to read
 * those that are not held.
 */
import type { Deviation } from "../deviations/deviation.js";
import { SharedWork } from "../source/shared-work.js";
import type { Readable } from "./readable.js";

/** What a payload turned out to be, and what was odd about the encoded one. */
export type DecodedPayload = Readable & { readonly deviations: readonly Deviation[] };

export class DecodedCache {
  readonly #limit: number;
  /** Those with bytes, in the order of their last use. */
  readonly #held = new Map<string, DecodedPayload & { readonly bytes: Uint8Array }>();
  /** Those without: they cost next to nothing to keep, and a long way to find out again. */
  readonly #others = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, SharedWork<DecodedPayload>>();
  #heldBytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * What is kept under `key`, or what `load` yields; several who ask at once share one load, which is told to stop when all of them have given up.
   * Bytes above the limit are not kept.
   */
  async get(key: string, load: (signal: AbortSignal) => Promise<DecodedPayload>, signal?: AbortSignal): Promise<DecodedPayload> {
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held;
    }
    const other = this.#others.get(key);
    if (other) return other;
    const pending = this.#pending.get(key);
    return (pending && !pending.dead ? pending : this.#load(key, load)).join(signal);
  }

  #load(key: string, load: (signal: AbortSignal) => Promise<DecodedPayload>): SharedWork<DecodedPayload> {
    const work = new SharedWork(async (signal) => {
      const decoded = await load(signal);
      this.#keep(key, decoded);
      return decoded;
    });
    this.#pending.set(key, work);
    work.settled.then(() => {
      if (this.#pending.get(key) === work) this.#pending.delete(key);
    });
    return work;
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
