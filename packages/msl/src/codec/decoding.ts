/** What every decoder of payloads is told: how strict, with which codecs, within which limits. */
import { CORE_CODECS, type Codecs } from "./codecs.js";
import { DecodedCache } from "./decoded-cache.js";

export interface DecodeOptions {
  /**
   * Behave as a pure 1.1 consumer: refuse what the specification tells consumers to refuse. By default known dialects are read and
   * every deviation is reported.
   */
  readonly strict?: boolean;
  /** Replaces decoders of compressed payloads. */
  readonly codecs?: Partial<Codecs>;
  /** Most bytes that one payload may have after decompression. Default 1 GiB. */
  readonly payloadLimit?: number;
}

export interface Decoding {
  /** Of this capture alone: keys are block indexes. */
  readonly cache: DecodedCache;
  readonly strict: boolean;
  readonly codecs: Codecs;
  readonly payloadLimit: number;
}

const DEFAULT_PAYLOAD_LIMIT = 1024 * 1024 * 1024;

export function decodingOf({ strict = false, codecs = {}, payloadLimit = DEFAULT_PAYLOAD_LIMIT }: DecodeOptions): Decoding {
  return { cache: new DecodedCache(), strict, codecs: { ...CORE_CODECS, ...codecs }, payloadLimit };
}
