/** How the payloads of one capture are decoded: strictness, codecs, limits, and what all payloads of the capture share: cache, open decoders, budget. */
import { MslError } from "../errors.js";
import { type LimitOptions, type Limits, limitsOf } from "../options/limits.js";
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";
import { OpenDecoders } from "./piece-source.js";

/** How payloads are decoded: strictness, limits and decoders. */
export interface DecodeOptions extends LimitOptions {
  /**
   * Behave as a pure 1.1 consumer: refuse what the specification tells consumers to refuse. By default known dialects are read, and every
   * deviation is reported.
   */
  readonly strict?: boolean;
  /** Decoders to use in place of the built-in ones. They decode a payload in one call; payloads above `wholeLimit` are not given to them. */
  readonly codecs?: Partial<Codecs>;
}

export interface Decoding {
  /** Decompressed payloads, by keys that name blocks of this capture. */
  readonly cache: DecodedCache;
  readonly budget: DecodeBudget;
  /** Decoders of payloads that are read in pieces. They are closed with the capture. */
  readonly decoders: OpenDecoders;
  readonly strict: boolean;
  readonly codecs: Codecs;
  readonly limits: Limits;
}

export function decodingOf(options: DecodeOptions): Decoding {
  const { strict = false, codecs = {} } = options;
  const limits = limitsOf(options);
  return {
    cache: new DecodedCache(limits.held),
    budget: new DecodeBudget(limits),
    decoders: new OpenDecoders(),
    strict,
    codecs: { ...CORE_CODECS, ...codecs },
    limits,
  };
}

/**
 * Counts the decompressed bytes of one capture against `decodeLimit`, each payload once: a file of some kilobytes must not keep its reader busy for
 * hours.
 */
class DecodeBudget {
  readonly #limits: Limits;
  /** A bit for each block up to the last one that was counted: a set of numbers takes a hundred times as much memory. */
  #counted = new Uint8Array(0);
  #stored = 0;
  #decoded = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Throws `limit` if the payload of the block with the index `block` was not counted yet and the limit is reached. `stored`: the number of its stored
   * bytes.
   */
  require(block: number, stored: number): void {
    if (this.#isCounted(block)) return;
    const limit = this.#limits.decoded(this.#stored + stored);
    if (this.#decoded < limit) return;
    const message = `The compressed payloads decompressed so far have ${this.#decoded} bytes, at or above the limit of ${limit} for one capture (decodeLimit)`;
    throw new MslError("limit", message);
  }

  count(block: number, stored: number, decoded: number): void {
    if (this.#isCounted(block)) return;
    const at = block >> 3;
    if (at >= this.#counted.length) {
      const longer = new Uint8Array(Math.max(2 * this.#counted.length, at + 1));
      longer.set(this.#counted);
      this.#counted = longer;
    }
    this.#counted[at] = (this.#counted[at] ?? 0) | (1 << (block & 7));
    this.#stored += stored;
    this.#decoded += decoded;
  }

  #isCounted(block: number): boolean {
    return ((this.#counted[block >> 3] ?? 0) & (1 << (block & 7))) !== 0;
  }
}
