/** How the payloads of one capture are decoded: strictness, codecs, limits, and what all payloads of the capture share: cache, open decoders, budget. */
import { MslError } from "../errors.js";
import { type LimitOptions, type Limits, limitsOf } from "../options/limits.js";
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";
import { OpenDecoders } from "./piece-source.js";

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
  readonly #counted = new Set<string>();
  #stored = 0;
  #decoded = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Throws `limit` if the payload `key` was not counted yet and the limit is reached. `stored`: the number of its stored bytes. */
  require(key: string, stored: number): void {
    if (this.#counted.has(key)) return;
    const limit = this.#limits.decoded(this.#stored + stored);
    if (this.#decoded < limit) return;
    const message = `The compressed payloads decompressed so far have ${this.#decoded} bytes, at or above the limit of ${limit} for one capture (decodeLimit)`;
    throw new MslError("limit", message);
  }

  count(key: string, stored: number, decoded: number): void {
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    this.#stored += stored;
    this.#decoded += decoded;
  }
}
