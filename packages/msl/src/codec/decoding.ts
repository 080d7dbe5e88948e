/** What every decoder of payloads is told: how strict, with which codecs, within which limits. */
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";
import { DecodeBudget, type LimitOptions, type Limits, limitsOf } from "./limits.js";
import { OpenDecoders } from "./open-decoders.js";

export interface DecodeOptions extends LimitOptions {
  /**
   * Behave as a pure 1.1 consumer: refuse what the specification tells consumers to refuse. By default known dialects are read and
   * every deviation is reported.
   */
  readonly strict?: boolean;
  /** Replaces decoders of compressed payloads. They decode at once, and so no payload above `wholeLimit`. */
  readonly codecs?: Partial<Codecs>;
}

export interface Decoding {
  /** Of this capture alone: keys are block indexes. */
  readonly cache: DecodedCache;
  /** Of this capture alone. */
  readonly budget: DecodeBudget;
  /** Of this capture alone, and given back when it is closed. */
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
