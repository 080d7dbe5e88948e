/** How the payloads of one capture are decoded: strictness, codecs, limits, and the state that all payloads of the capture share. */
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";
import { DecodeBudget, type LimitOptions, type Limits, limitsOf } from "./limits.js";
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
